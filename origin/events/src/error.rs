//! What failed calls mean to the use cases.

use commerce_aws::AwsError;
use origin_core::StoreError;

/// Load, lost replies and failures of the other side may pass; the rest is a fault of ours or of the set-up.
pub(crate) fn store_error(error: AwsError) -> StoreError {
    let may_pass = error.is_contention()
        || error.outcome_is_unknown()
        || matches!(error, AwsError::Transport(_) | AwsError::ClockSkew { .. } | AwsError::ExpiredCredentials);
    if may_pass { StoreError::unavailable(error) } else { StoreError::broken(error) }
}
