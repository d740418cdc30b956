//! Follows the framing of HTTP/1 requests on a connection (RFC 9112 sections 6 and 7.1), to see what the HTTP library hides:
//! it folds equal lengths and drops a length beside chunks, where a proxy in front of us may have read the other one.

/// Heads beyond this are the HTTP library's to refuse; following stops.
const MAX_HEAD: usize = 64 * 1024;
const MAX_HEADERS: usize = 256;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\n";

/// Where on the wire the client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Between two requests.
    Idle,
    Head,
    Body,
    /// Not followed: HTTP/2, or a head that the HTTP library refuses by itself.
    Blind,
}

#[derive(Debug)]
enum State {
    Head(Vec<u8>),
    Length(u64),
    ChunkSize(Vec<u8>),
    /// Data and the line end behind it.
    ChunkData(u64),
    Trailers(Vec<u8>),
    Blind,
}

#[derive(Debug)]
pub(super) struct Framing {
    state: State,
    /// A request was seen whose end or receiver could be read in two ways.
    ambiguous: bool,
    /// A whole head was seen.
    begun: bool,
}

impl Framing {
    pub(super) fn new() -> Self {
        Self {
            state: State::Head(Vec::new()),
            ambiguous: false,
            begun: false,
        }
    }

    pub(super) fn place(&self) -> Place {
        match &self.state {
            State::Head(seen) if seen.is_empty() => Place::Idle,
            State::Head(_) => Place::Head,
            State::Length(_) | State::ChunkSize(_) | State::ChunkData(_) | State::Trailers(_) => Place::Body,
            State::Blind => Place::Blind,
        }
    }

    pub(super) fn ambiguous(&self) -> bool {
        self.ambiguous
    }

    /// Whether the client has sent its first head.
    pub(super) fn begun(&self) -> bool {
        self.begun
    }

    pub(super) fn feed(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let used = self.step(bytes);
            bytes = bytes.get(used..).unwrap_or_default();
        }
    }

    fn step(&mut self, bytes: &[u8]) -> usize {
        match &mut self.state {
            State::Blind => bytes.len(),
            State::Length(left) | State::ChunkData(left) => {
                let used = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= used as u64;
                if *left == 0 {
                    let chunked = matches!(self.state, State::ChunkData(_));
                    self.state = if chunked {
                        State::ChunkSize(Vec::new())
                    } else {
                        State::Head(Vec::new())
                    };
                }
                used
            }
            State::ChunkSize(line) => {
                let (used, whole) = take_until(line, bytes, b"\n");
                if whole {
                    let line = std::mem::take(line);
                    self.state = after_chunk_size(&line);
                } else if line.len() > MAX_HEAD {
                    self.state = State::Blind;
                }
                used
            }
            State::Trailers(seen) => {
                let (used, whole) = take_until(seen, bytes, b"\n");
                if whole {
                    let empty = matches!(seen.as_slice(), b"\r\n" | b"\n");
                    seen.clear();
                    if empty {
                        self.state = State::Head(Vec::new());
                    }
                } else if seen.len() > MAX_HEAD {
                    self.state = State::Blind;
                }
                used
            }
            State::Head(seen) => {
                // Blank lines before a request line are skipped by every server.
                if seen.is_empty() && matches!(bytes.first(), Some(b'\r' | b'\n')) {
                    return 1;
                }
                let (used, whole) = take_until_blank_line(seen, bytes);
                if whole {
                    let head = std::mem::take(seen);
                    self.begin(&head);
                } else if seen.len() > MAX_HEAD {
                    self.state = State::Blind;
                }
                used
            }
        }
    }

    fn begin(&mut self, head: &[u8]) {
        self.begun = true;
        self.state = State::Blind;
        if head == PREFACE {
            return;
        }
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        if !matches!(request.parse(head), Ok(httparse::Status::Complete(_))) {
            return;
        }
        let values = |name: &str| {
            let same = |header: &&httparse::Header<'_>| header.name.eq_ignore_ascii_case(name);
            request
                .headers
                .iter()
                .filter(same)
                .map(|header| header.value)
                .collect::<Vec<_>>()
        };
        let (hosts, lengths, codings) = (values("host"), values("content-length"), values("transfer-encoding"));
        let one_host = hosts.len() == 1 || (hosts.is_empty() && request.version == Some(0));
        let chunked = match codings.as_slice() {
            [] => Some(false),
            [coding] if coding.trim_ascii().eq_ignore_ascii_case(b"chunked") => Some(true),
            _ => None,
        };
        let length = match lengths.as_slice() {
            [] => Some(0),
            [length] => number(length.trim_ascii(), 10),
            _ => None,
        };
        match (one_host, chunked, length) {
            (true, Some(true), Some(_)) if lengths.is_empty() => self.state = State::ChunkSize(Vec::new()),
            (true, Some(false), Some(0)) => self.state = State::Head(Vec::new()),
            (true, Some(false), Some(length)) => self.state = State::Length(length),
            _ => self.ambiguous = true,
        }
    }
}

fn after_chunk_size(line: &[u8]) -> State {
    let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    match number(size, 16) {
        Some(0) => State::Trailers(Vec::new()),
        Some(size) => State::ChunkData(size.saturating_add(2)),
        None => State::Blind,
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(|digit| char::from(*digit).is_digit(radix)) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()
}

/// Moves bytes up to and including `end` into `seen`; tells how many and whether the end was met.
fn take_until(seen: &mut Vec<u8>, bytes: &[u8], end: &[u8]) -> (usize, bool) {
    let found = bytes.windows(end.len()).position(|window| window == end);
    let used = found.map_or(bytes.len(), |at| at + end.len());
    seen.extend_from_slice(bytes.get(..used).unwrap_or_default());
    (used, found.is_some())
}

fn take_until_blank_line(seen: &mut Vec<u8>, bytes: &[u8]) -> (usize, bool) {
    let mut used = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        seen.extend_from_slice(line);
        used += line.len();
        if seen.ends_with(b"\n\r\n") || seen.ends_with(b"\n\n") {
            return (used, true);
        }
    }
    (used, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fed(bytes: &[u8], piece: usize) -> (bool, Place) {
        let mut framing = Framing::new();
        for piece in bytes.chunks(piece) {
            framing.feed(piece);
        }
        (framing.ambiguous(), framing.place())
    }

    fn both(bytes: &[u8]) -> (bool, Place) {
        let whole = fed(bytes, bytes.len());
        for piece in 1..7 {
            assert_eq!(fed(bytes, piece), whole, "in pieces of {piece}");
        }
        whole
    }

    #[test]
    fn plain_requests_are_followed_to_their_end() {
        let get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert_eq!(both(get), (false, Place::Idle));
        assert_eq!(both(&get[..20]), (false, Place::Head));
        let post = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
        assert_eq!(both(post), (false, Place::Idle));
        assert_eq!(both(&post[..post.len() - 1]), (false, Place::Body));
        let chunked =
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n0\r\nA: b\r\n\r\n";
        assert_eq!(both(&[&chunked[..], get].concat()), (false, Place::Idle));
        assert_eq!(both(b"\r\nGET / HTTP/1.0\r\n\r\n"), (false, Place::Idle));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_seen() {
        for headers in [
            "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
            "Host: a\r\nContent-Length: 5, 5\r\n",
            "Host: a\r\nContent-Length: +5\r\n",
            "Host: a\r\nTransfer-Encoding: chunked, identity\r\n",
            "Host: a\r\nTransfer-Encoding: xchunked\r\n",
            "Host: a\r\nHost: b\r\n",
            "Host: a\r\nHost: a\r\n",
            "",
        ] {
            let request = format!("POST / HTTP/1.1\r\n{headers}\r\n");
            assert!(both(request.as_bytes()).0, "{headers:?}");
        }
    }

    #[test]
    fn a_second_request_in_one_piece_is_seen() {
        let bytes =
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiGET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n";
        assert!(both(bytes).0);
    }

    #[test]
    fn http2_is_left_alone() {
        assert_eq!(both(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0"), (false, Place::Blind));
    }
}
