//! The gate before each call of a store.

use std::{future::Future, time::Duration};

use origin_core::StoreError;

use crate::{
    fate::{Fate, Step},
    world::World,
};

impl World {
    /// Makes a call of a store when its turn has come, and lets it go wrong as the scheduler says.
    pub(crate) async fn call<T, F>(&self, step: Step, call: impl FnOnce() -> F + Send) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        match self.turn(step).await {
            Fate::Refused => Err(StoreError::unavailable("simulated: refused")),
            Fate::RequestLost => self.lost("the request"),
            Fate::ReplyLost => {
                drop(self.alone(call()).await);
                self.lost("the reply")
            }
            Fate::Late => {
                let call = call();
                self.later(step, async move { drop(call.await) });
                self.lost("the request, for now")
            }
            Fate::Done | Fate::Failed | Fate::FailedAfter | Fate::Crash => self.alone(call()).await,
        }
    }

    pub(crate) fn lost<T>(&self, what: &str) -> Result<T, StoreError> {
        self.wait_in_vain();
        Err(StoreError::unavailable(format!("simulated: {what} was lost")))
    }

    /// Who waits for what was lost gives up after a while.
    pub(crate) fn wait_in_vain(&self) {
        let millis = self.draw(|rng| rng.between(50, 3000));
        self.advance(Duration::from_millis(millis));
    }
}

/// A port whose calls go through the gate and are made by the real adapter. `read` and `write` say what can go wrong with a
/// method; `ref`, `val` and `opt` (of a reference) how its arguments are passed. What is written out behind `by hand` is taken as it is.
macro_rules! gated {
    (impl $Port:ident for $Sim:ident { $(
        $kind:ident fn $name:ident($($arg:ident: $how:ident $ty:ty),*) -> $out:ty;
    )* } $(by hand { $($rest:tt)* })?) => {
        /// What goes through the gate of its own accord.
        #[allow(non_upper_case_globals, reason = "named as the port is")]
        pub(super) const $Port: &[&str] = &[$(stringify!($name)),*];

        impl $Port for $Sim {
            $(
                async fn $name(&self, $($arg: $crate::gate::ty!($how $ty)),*) -> Result<$out, origin_core::StoreError> {
                    const STEP: $crate::fate::Step = $crate::fate::Step::$kind(stringify!($name));
                    let real = self.real.clone();
                    $(let $arg = $crate::gate::owned!($how $arg);)*
                    let call = move || async move { real.$name($($crate::gate::pass!($how $arg)),*).await };
                    self.world.call(STEP, call).await
                }
            )*
            $($($rest)*)?
        }
    };
}

/// Methods whose calls are nobody's business here.
macro_rules! passed_on {
    (impl $Port:ident for $Sim:ident { $(
        fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;
    )* } $(by hand { $($rest:tt)* })?) => {
        impl $Port for $Sim {
            $(
                async fn $name(&self, $($arg: $ty),*) -> Result<$out, origin_core::StoreError> {
                    self.world.alone(self.real.$name($($arg),*)).await
                }
            )*
            $($($rest)*)?
        }
    };
}

macro_rules! ty {
    (ref $ty:ty) => {
        &$ty
    };
    (val $ty:ty) => {
        $ty
    };
    (opt $ty:ty) => {
        Option<&$ty>
    };
}

macro_rules! owned {
    (ref $arg:ident) => {
        $arg.to_owned()
    };
    (val $arg:ident) => {
        $arg
    };
    (opt $arg:ident) => {
        $arg.cloned()
    };
}

macro_rules! pass {
    (ref $arg:ident) => {
        &$arg
    };
    (val $arg:ident) => {
        $arg
    };
    (opt $arg:ident) => {
        $arg.as_ref()
    };
}

pub(crate) use {gated, owned, pass, passed_on, ty};
