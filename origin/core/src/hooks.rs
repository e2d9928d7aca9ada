//! Points between the commits of a checkout at which a test can stop the process.

use std::future::Future;

/// A place in a use case, before or after one of its commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HookPoint {
    /// Before the claim is committed.
    BeforeClaim,
    /// After the claim was committed.
    AfterClaim,
    /// Before the stock is held.
    BeforeHold,
    /// After the stock was held.
    AfterHold,
    /// Before the order is committed.
    BeforeOrder,
    /// After the order was committed.
    AfterOrder,
}

/// The process stops here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped at {0:?}")]
pub struct Stopped(pub HookPoint);

/// Is told when a use case reaches a [`HookPoint`], and may hold it up or stop it there.
pub trait Hooks: Send + Sync {
    /// Returns when the use case may go on.
    ///
    /// # Errors
    /// [`Stopped`], upon which the use case returns at once, as if the process had died.
    fn reached(&self, point: HookPoint) -> impl Future<Output = Result<(), Stopped>> + Send;
}

/// Production's hooks: nothing ever happens.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoHooks;

impl Hooks for NoHooks {
    async fn reached(&self, _: HookPoint) -> Result<(), Stopped> {
        Ok(())
    }
}
