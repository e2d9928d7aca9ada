//! AWS Signature Version 4 in header form: signing, and verification of what others signed.
//!
//! Both go through `aws-sigv4`, so that they cannot disagree about the canonical form: a verifier that repeats the
//! signature with the caller's secret accepts exactly what the signer would have sent. That the form is AWS's own is tested
//! against signatures of AWS, and against a second implementation of its documentation.

mod covered;
mod sign;
mod signature;
mod verify;

pub use sign::{SignError, sign_request};
pub use verify::{CallerKeys, MAX_SKEW_SECONDS, VerifiedCaller, VerifyError, VerifyPolicy, verify_request};

/// What a signature is good for, beside its day (AWS: "credential scope").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SigningScope<'a> {
    /// The region, `eu-central-1`.
    pub region: &'a str,
    /// The service's signing name, `dynamodb`.
    pub service: &'a str,
}

#[cfg(test)]
mod aws_vectors_tests;
#[cfg(test)]
mod independent_tests;
#[cfg(test)]
mod round_trip_tests;
