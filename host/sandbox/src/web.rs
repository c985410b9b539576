//! `wasi:http`, linked: its types, and the one function that sends.

use stepwell_contract::{AttemptEnd, Limit};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::p2::bindings::LinkOptions;
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as _;
use wasmtime_wasi_http::p2::bindings::http::types;
use wasmtime_wasi_http::p2::types::{HostFutureIncomingResponse, HostOutgoingRequest};
use wasmtime_wasi_http::p2::{HttpError, HttpResult};
use wasmtime_wasi_http::{RequestOptions, WasiHttp, WasiHttpCtxView, WasiHttpView};

use crate::attempt::{Attempt, Opening};

impl WasiHttpView for Attempt {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.web.context,
            table: &mut self.wasi.table,
            hooks: &mut self.web.outbox,
        }
    }
}

impl Attempt {
    /// Takes over a request, which is sent once its body is whole.
    fn hand_out(
        &mut self,
        request: Resource<HostOutgoingRequest>,
        options: Option<Resource<RequestOptions>>,
    ) -> HttpResult<Resource<HostFutureIncomingResponse>> {
        let services = self.open("wasi:http/outgoing-handler.handle", Opening::Work, ());
        let services = services.map_err(HttpError::trap)?;
        let allowed = self.limits().http_exchanges;
        self.web.sent = self.web.sent.saturating_add(1);
        if self.web.sent > allowed {
            let requests = |number: u32| format!("{number} requests");
            let (used, allowed) = (requests(self.web.sent), requests(allowed));
            let end = AttemptEnd::limit(Limit::HttpExchanges, used, allowed);
            return Err(HttpError::trap(self.stop(end)));
        }
        self.web.outbox.services = Some(services);
        self.http().handle(request, options)
    }
}

/// What `handle` is given.
type Handed = (
    Resource<HostOutgoingRequest>,
    Option<Resource<RequestOptions>>,
);

/// Links `wasi:http`, of which only requests of the step's own are there.
///
/// The function that sends is our own: the library's knows neither who is at work nor what it may cost. Of the rest it has the types
/// alone.
pub(crate) fn add_to_linker(linker: &mut Linker<Attempt>) -> wasmtime::Result<()> {
    let options = LinkOptions::default();
    types::add_to_linker::<_, WasiHttp>(linker, &(&options).into(), Attempt::http)?;
    let mut handler = linker.instance("wasi:http/outgoing-handler@0.2.0")?;
    handler.func_wrap(
        "handle",
        |mut store: StoreContextMut<'_, Attempt>, (request, options): Handed| {
            let handed = store.data_mut().hand_out(request, options);
            match handed {
                Ok(future) => Ok((Ok(future),)),
                Err(error) => Ok((Err(error.downcast()?),)),
            }
        },
    )
}
