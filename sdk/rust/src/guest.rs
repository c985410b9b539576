//! What stands between the component's exports and a [`Step`].

use crate::bindings::stepwell::plugin::types::Text;
use crate::{Description, Failure, Inputs, Step, attempt};

/// Exports a type as the step of this component. The type needs [`Default`] and [`Step`].
///
/// Natively it does nothing, so that the same crate runs its unit tests without Wasm.
#[macro_export]
macro_rules! export {
    ($step:ty) => {
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "exports of a component are raw symbols")]
        const _: () = {
            type Component = $crate::guest::Component<$step>;
    $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = || {
            fn is_a_step<T: $crate::Step + Default>() {}
            is_a_step::<$step>();
        };
    };
}

/// The exports of a component whose step is `S`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Component<S>(std::marker::PhantomData<S>);

impl<S: Step + Default> crate::bindings::exports::stepwell::plugin::guest::Guest for Component<S> {
    fn describe() -> Description {
        S::default().describe()
    }

    fn construct_prompt(inputs: Vec<Text>) -> Result<Option<String>, Failure> {
        S::default().construct_prompt(&Inputs::from(inputs))
    }

    fn process_response(inputs: Vec<Text>, response: String) -> Result<Vec<Text>, Failure> {
        S::default()
            .process_response(&Inputs::from(inputs), &response)
            .map(Vec::from)
    }

    fn execute(inputs: Vec<Text>) -> Result<Vec<Text>, Failure> {
        attempt::execute(&S::default(), &Inputs::from(inputs)).map(Vec::from)
    }
}
