//! Lambda as one function sees it: the Runtime API that it asks for its next event ([`LambdaRuntime`]), and the function URL
//! in front of it that checks signatures ([`FunctionUrl`]).
//!
//! Both are real HTTP on 127.0.0.1, so the program that runs is the one that is deployed. Like an instance of Lambda, a
//! runtime has one invocation at work; more wait.

mod event;
mod runtime;
mod url;

pub use runtime::{InvokeError, LambdaRuntime};
pub use url::{FunctionUrl, FunctionUrlConfig};
