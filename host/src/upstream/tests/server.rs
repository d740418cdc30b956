//! A server that plays one script per request.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone)]
pub(super) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// RST instead of FIN.
    Reset,
    Close,
}

pub(super) struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Calls `script` with the request's head; a connection is kept until a script ends it.
    pub(super) async fn start(script: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (script, seen) = (Arc::new(script), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                tokio::spawn(async move { play(socket, &*script, &seen).await });
            }
        });
        Self { port, requests }
    }

    /// Each request gets the same steps.
    pub(super) async fn with(steps: Vec<Step>) -> Self {
        Self::start(move |_| steps.clone()).await
    }

    pub(super) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::with(vec![Step::Send(answer.into())]).await
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The heads of all requests so far, in lower case.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn play(mut socket: TcpStream, script: &(dyn Fn(&str) -> Vec<Step> + Send + Sync), seen: &Mutex<Vec<String>>) {
    while let Some(head) = read_head(&mut socket).await {
        seen.lock().unwrap().push(head.to_lowercase());
        for step in script(&head) {
            match step {
                Step::Send(bytes) => {
                    if socket.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Wait(time) => tokio::time::sleep(time).await,
                Step::Reset => {
                    // Data that was never read makes the kernel answer with RST.
                    socket.set_zero_linger().unwrap();
                    return;
                }
                Step::Close => return,
            }
        }
    }
}

async fn read_head(socket: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

pub(super) fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\n{headers}content-length: {}\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}
