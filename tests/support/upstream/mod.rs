//! A registry on 127.0.0.1 that a test can tell what to answer, and ask what it was asked.
//!
//! Written on bare TCP: an HTTP library does not let a server announce a wrong length or reset half way.

mod reply;
mod request;
mod resource;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

pub use reply::{Fault, Reply};
pub use request::Received;
pub use resource::{Encoding, Resource, decode, encode};

/// What stands at a path. Closures are routes.
pub trait Route: Send + Sync + 'static {
    fn answer(&self, request: &Received) -> Reply;
}

/// Stops when dropped.
pub struct Upstream {
    address: SocketAddr,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
    /// Keeps the port while nobody listens.
    closed: Option<TcpSocket>,
}

#[derive(Default)]
struct State {
    routes: Mutex<BTreeMap<String, Arc<dyn Route>>>,
    received: Mutex<Vec<Received>>,
    connections: Mutex<usize>,
    open: AtomicUsize,
}

impl Upstream {
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::<State>::default();
        let task = tokio::spawn(accept(listener, state.clone()));
        Self {
            address,
            state,
            task,
            closed: None,
        }
    }

    /// Connections are cut and refused until [`Self::reopen`].
    pub async fn close(&mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("an option of all sockets");
        socket.bind(self.address).expect("the port was ours a moment ago");
        self.closed = Some(socket);
    }

    /// On the same port.
    pub fn reopen(&mut self) {
        let socket = self.closed.take().expect("it was closed");
        let listener = socket.listen(1024).expect("a bound socket can listen");
        self.task = tokio::spawn(accept(listener, self.state.clone()));
    }

    /// `http://127.0.0.1:PORT`, no slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts a route at a path (as on the wire, without query), in the place of what stood there.
    pub fn put(&self, path: impl Into<String>, route: impl Route) {
        self.state.routes.lock().unwrap().insert(path.into(), Arc::new(route));
    }

    /// Every request so far, in order.
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().unwrap().clone()
    }

    /// The requests for one path (without query).
    pub fn received_at(&self, path: &str) -> Vec<Received> {
        self.received()
            .into_iter()
            .filter(|request| request.path() == path)
            .collect()
    }

    pub fn forget(&self) {
        self.state.received.lock().unwrap().clear();
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }

    /// How many of them are open now.
    pub fn open(&self) -> usize {
        self.state.open.load(Ordering::SeqCst)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

// === impl Route ===

impl<F: Fn(&Received) -> Reply + Send + Sync + 'static> Route for F {
    fn answer(&self, request: &Received) -> Reply {
        self(request)
    }
}

impl Route for Reply {
    fn answer(&self, _request: &Received) -> Reply {
        self.clone()
    }
}

// === server ===

async fn accept(listener: TcpListener, state: Arc<State>) {
    // Dropped with the listener, so that nothing outlives the test.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        *state.connections.lock().unwrap() += 1;
        let open = Open::one(&state);
        let state = state.clone();
        connections.spawn(async move {
            serve(stream, state).await;
            drop(open);
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Counts a connection for as long as it lives.
struct Open(Arc<State>);

impl Open {
    fn one(state: &Arc<State>) -> Self {
        state.open.fetch_add(1, Ordering::SeqCst);
        Self(state.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) {
    let mut unread = bytes::BytesMut::new();
    // A client that goes away in the middle is no news here: its test sees it from the other end.
    while let Ok(Some(request)) = request::read(&mut stream, &mut unread).await {
        state.received.lock().unwrap().push(request.clone());
        let route = state.routes.lock().unwrap().get(request.path()).cloned();
        let reply = route.map_or_else(|| Reply::new(404), |route| route.answer(&request));
        match reply.send(&mut stream, request.method == "HEAD").await {
            Ok(reply::Next::Request) if request.header("connection") == Some("close") => return,
            Ok(reply::Next::Request) => {}
            Ok(reply::Next::Close) | Err(_) => return,
        }
    }
}
