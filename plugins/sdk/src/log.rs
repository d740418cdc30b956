//! Messages to the host's log. Outside a guest they are dropped.

/// Has panics logged by the host, which otherwise sees a bare trap. Call it first in `describe` and `open`.
pub fn report_panics() {
    #[cfg(target_arch = "wasm32")]
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}

macro_rules! level {
    ($name:ident, $level:ident) => {
        pub fn $name(message: &str) {
            #[cfg(target_arch = "wasm32")]
            crate::bindings::osa::ecosystem::host::log(crate::bindings::osa::ecosystem::host::Level::$level, message);
            #[cfg(not(target_arch = "wasm32"))]
            let _ = message;
        }
    };
}

level!(debug, Debug);
level!(info, Info);
level!(warn, Warn);
level!(error, Error);
