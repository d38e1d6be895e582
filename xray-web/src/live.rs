//! `GET /api/v1/live`: runs and steps as they are committed, as [Server-Sent Events].
//!
//! ```text
//! retry: 2000                      at the beginning, with the name of the event before the first
//! id: 0000000000000abc-16
//!
//! event: run                       a run began or changed: its row, as in /api/v1/runs
//! id: 0000000000000abc-17          the process, and a number that increases
//! data: {"id":"…",…}
//!
//! event: step                      a step ended: its row, as in /api/v1/steps
//! event: dropped                   events that this client missed, whatever its filters: {"events":3,"restarted":false}
//! : alive                          nothing happened for a while
//! ```
//!
//! `Last-Event-ID`, or the parameter `last_event_id`, goes on behind an event for as long as that is in the collector's
//! ring; of the events that are not, `dropped` says how many there were. With an id of another process, of which nobody
//! knows what came after it, `restarted` is true, and all follows that there is of this process.
//!
//! A client is a place in that ring, one task and two buffers of at most [`AT_ONCE`](xray_collector::feed::AT_ONCE)
//! events. One that takes nothing for [`PATIENCE`] heartbeats is let go.
//!
//! [Server-Sent Events]: https://html.spec.whatwg.org/multipage/server-sent-events.html

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};
use xray_collector::feed::{Event, EventId, Feed, Happened, Listener, News};
use xray_collector::id::ProcessId;

use crate::body::RunBody;
#[cfg(feature = "openapi")]
use crate::openapi::{findings, parameters};
use crate::parameters::Parameters;
use crate::problem::Problem;
use crate::rows::FoundStepBody;

const PARAMETERS: [&str; 3] = ["events", "pipeline", "last_event_id"];

/// A client that takes nothing for so many heartbeats is let go.
const PATIENCE: u32 = 4;

/// What clients can watch, and how many of them.
#[derive(Debug, Clone)]
pub struct Live {
    /// What happens.
    pub feed: Arc<Feed>,
    /// How long a client hears nothing before it is told that the server is alive. 15 s.
    pub heartbeat: Duration,
    /// More clients than these at a time are refused. 32.
    pub clients: usize,
}

impl Live {
    /// The usual settings.
    #[must_use]
    pub fn new(feed: Arc<Feed>) -> Self {
        Self { feed, heartbeat: Duration::from_secs(15), clients: 32 }
    }
}

/// Nothing happens.
impl Default for Live {
    fn default() -> Self {
        Self::new(Arc::new(Feed::new(ProcessId(0))))
    }
}

/// What the clients of one server share.
#[derive(Clone)]
pub(crate) struct Clients {
    live: Live,
    places: Arc<Semaphore>,
    /// Closed when the server stops.
    stopped: watch::Receiver<()>,
}

impl Clients {
    /// Nobody yet; their streams end when `stopped` does.
    pub(crate) fn new(live: Live, stopped: watch::Receiver<()>) -> Self {
        let places = Arc::new(Semaphore::new(live.clients));
        Self { live, places, stopped }
    }
}

/// Which of them a client wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Run,
    Step,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Run, Self::Step];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Step => "step",
        }
    }

    fn of(what: &Happened) -> Self {
        match what {
            Happened::Run(_) => Self::Run,
            Happened::Step(..) => Self::Step,
        }
    }
}

#[derive(Serialize)]
struct DroppedEvent {
    events: u64,
    restarted: bool,
}

/// Runs and steps as they are committed
///
/// A stream of Server-Sent Events: `run` has a row as in `/api/v1/runs`, `step` one as in `/api/v1/steps`, and `dropped` says
/// how many events were missed.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/v1/live", tag = "live", params(parameters::Watched, parameters::LastEvent),
    responses(
        (status = 200, description = "A stream without end", body = findings::StreamedEvent,
            content_type = "text/event-stream"),
        (status = 503, description = "As many watch as may", body = crate::problem::Body),
    ),
))]
pub(crate) async fn open(
    Extension(clients): Extension<Clients>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::parse(query.as_deref(), &PARAMETERS)?;
    let kinds = parameters.words("events", Kind::ALL, Kind::as_str)?;
    let pipeline = parameters.text("pipeline").map(str::to_owned);
    let after = last_event(&headers, &parameters)?;
    let Clients { live, places, stopped } = clients;
    let place = places.try_acquire_owned().map_err(|_| Problem::too_many_clients(live.clients))?;
    let feed = live.feed;
    let client = Client {
        restarted: after.is_some_and(|id| id.process != feed.process()),
        listener: feed.listen(after),
        kinds,
        pipeline,
        heartbeat: live.heartbeat,
        _place: place,
    };
    let (frames, body) = mpsc::channel(1);
    tokio::spawn(client.serve(frames, stopped));
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"))];
    Ok((kind, Body::from_stream(Frames(body))).into_response())
}

/// The event after which a client goes on: the header is what a browser sends that lost the connection.
fn last_event(headers: &HeaderMap, parameters: &Parameters) -> Result<Option<EventId>, Problem> {
    let (name, text) = match headers.get("last-event-id") {
        Some(text) => ("Last-Event-ID", text.to_str().unwrap_or("\u{fffd}")),
        None => match parameters.text("last_event_id") {
            Some(text) => ("last_event_id", text),
            None => return Ok(None),
        },
    };
    text.parse()
        .map(Some)
        .map_err(|error: xray_collector::feed::ParseEventIdError| Problem::invalid_parameter(name, error.to_string()))
}

/// One client, from its request to its end.
struct Client {
    listener: Listener,
    /// It goes on from an event of another process.
    restarted: bool,
    kinds: Vec<Kind>,
    pipeline: Option<String>,
    heartbeat: Duration,
    _place: OwnedSemaphorePermit,
}

impl Client {
    /// Sends what happens, until the client is gone, takes nothing any more, or the server or the collector stops.
    async fn serve(mut self, frames: mpsc::Sender<Bytes>, mut stopped: watch::Receiver<()>) {
        tokio::select! {
            () = self.send_all(&frames) => {}
            _ = stopped.changed() => {}
            () = frames.closed() => {}
        }
    }

    async fn send_all(&mut self, frames: &mpsc::Sender<Bytes>) {
        let mut frame = format!("retry: 2000\nid: {}\n\n", self.listener.last());
        if self.restarted {
            // Of the other process nothing is known; what is missing of this one follows.
            frame.push_str(&dropped(0, true, self.listener.last()));
        }
        loop {
            let sent = timeout(self.heartbeat * PATIENCE, frames.send(frame.into())).await;
            if !matches!(sent, Ok(Ok(()))) {
                return;
            }
            match self.next_frame().await {
                Some(next) => frame = next,
                None => return,
            }
        }
    }

    /// Waits for something that the client wants to know, or for the time to tell it that nothing happened.
    async fn next_frame(&mut self) -> Option<String> {
        let beat = Instant::now() + self.heartbeat;
        loop {
            let frame = match timeout_at(beat, self.listener.next()).await {
                Ok(news) => self.frame(&news?),
                Err(_) => String::new(),
            };
            if !frame.is_empty() {
                return Some(frame);
            }
            if Instant::now() >= beat {
                // With it the place of a client that wants nothing of what happens.
                return Some(format!(": alive\nid: {}\n\n", self.listener.last()));
            }
        }
    }

    /// What the client wants to know of the news.
    fn frame(&self, news: &News) -> String {
        let mut frame = String::new();
        if news.missed > 0 {
            let last = self.listener.last();
            let number = last.number - news.events.len() as u64;
            frame.push_str(&dropped(news.missed, false, EventId { number, ..last }));
        }
        for event in news.events.iter().filter(|event| self.wants(event)) {
            let id = EventId { number: event.number, ..self.listener.last() };
            match &event.what {
                Happened::Run(run) => write(&mut frame, "run", id, &RunBody::from(run)),
                Happened::Step(run, step) => {
                    write(&mut frame, "step", id, &FoundStepBody::new(*run, step));
                }
            }
        }
        frame
    }

    fn wants(&self, event: &Event) -> bool {
        self.kinds.contains(&Kind::of(&event.what))
            && self.pipeline.as_deref().is_none_or(|pipeline| *event.pipeline == *pipeline)
    }
}

fn dropped(events: u64, restarted: bool, id: EventId) -> String {
    let mut frame = String::new();
    write(&mut frame, "dropped", id, &DroppedEvent { events, restarted });
    frame
}

/// One event. JSON has no line breaks outside of texts, and writes those within them as `\n`.
fn write(frame: &mut String, event: &str, id: EventId, data: &impl Serialize) {
    use std::fmt::Write as _;
    // Rows are made of what was read from the collector, and can be written.
    let data = xray_collector::json::to_vec(data).ok().and_then(|data| String::from_utf8(data).ok());
    let _ = write!(frame, "event: {event}\nid: {id}\ndata: {}\n\n", data.unwrap_or_default());
}

/// What a client's task has written, as the body of the answer.
struct Frames(mpsc::Receiver<Bytes>);

impl Stream for Frames {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context).map(|frame| frame.map(Ok))
    }
}
