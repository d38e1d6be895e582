//! The HTTP API under schemathesis: thousands of requests out of the OpenAPI document, well-formed and not, to a server over
//! what an example recorded. None may make the server fail, and every answer has to be as the document says.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::bench::built;
use crate::steps::{TESTED, check, root, target};

/// What the example takes its films from; so many of them are enough.
const FILMS: &str = "examples/data/movies.json";
const FEW: usize = 200;
const REQUIREMENTS: &str = "xtask/schemathesis.txt";
/// How long requests are made.
const SECONDS: &str = "60";
/// Its answers do not end: each is heard for a while, for which the others would have to wait.
const STREAM: &str = "/api/v1/live";
const SECONDS_OF_STREAM: &str = "10";
/// Requests for each operation in one go.
const REQUESTS: &str = "60";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,negative_data_rejection,unsupported_method,allow_header_conformance";

/// As a part of `cargo xtask test`. Says so and does nothing where Python or the network is missing.
pub(crate) fn check_api() -> anyhow::Result<()> {
    let Some(schemathesis) = installed()? else { return Ok(()) };
    let directory = tempfile::tempdir().context("no place for a store")?;
    let films = directory.path().join("films.json");
    std::fs::write(&films, few_films()?)?;
    // Not optimised: an overflow is a panic.
    let example = built(&[&TESTED[..], &["--example", "movies"]].concat())?;
    let server = Server::start(&example, &films, &directory.path().join("movies.redb"))?;
    let document = directory.path().join("openapi.json");
    std::fs::write(&document, with_what_is_there(server.address)?.to_string())?;
    let ask = |which: &[&str]| {
        check(
            Command::new(&schemathesis)
                .arg("run")
                .arg(&document)
                .args(["--url", &format!("http://{}", server.address)])
                .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"])
                .args(["--max-examples", REQUESTS, "--seed", "1", "--no-shrink"])
                .args(["--generation-database", "none", "--suppress-health-check", "all", "--warnings", "off"])
                .args(which)
                .current_dir(directory.path()),
        )
    };
    ask(&["--exclude-path", STREAM, "--max-time", SECONDS])?;
    ask(&["--include-path", STREAM, "--max-time", SECONDS_OF_STREAM])
}

/// With all of them most of the time would go into comparing them.
fn few_films() -> anyhow::Result<Vec<u8>> {
    let films = std::fs::read(root().join(FILMS)).with_context(|| format!("cannot read {FILMS}"))?;
    let mut films: Vec<Value> = serde_json::from_slice(&films)?;
    films.truncate(FEW);
    Ok(serde_json::to_vec(&films)?)
}

/// The program, installed with the versions that are written down; `None` where that is not possible.
fn installed() -> anyhow::Result<Option<PathBuf>> {
    let wanted = std::fs::read_to_string(root().join(REQUIREMENTS)).with_context(|| format!("no {REQUIREMENTS}"))?;
    let place = target().join("schemathesis");
    let (program, stamp) = (place.join("bin/schemathesis"), place.join("installed.txt"));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(Some(program));
    }
    let made = Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place).output();
    if !made.is_ok_and(|made| made.status.success()) {
        println!("skipped: no python3 with venv; install it and run this again");
        return Ok(None);
    }
    let mut pip = Command::new(place.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--retries", "1", "--requirement"])
        .arg(REQUIREMENTS);
    let output = pip.current_dir(root()).output().context("cannot run pip")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success()
        && ["NewConnectionError", "NameResolutionError", "timed out"].iter().any(|it| said.contains(it))
    {
        println!("skipped: the network is out of reach, and schemathesis is not installed in {}", place.display());
        return Ok(None);
    }
    ensure!(output.status.success(), "pip cannot install {REQUIREMENTS}:\n{said}");
    std::fs::write(&stamp, wanted)?;
    Ok(Some(program))
}

/// The document that is served, with ids of what is stored among those that may be asked for: no guess would find them.
fn with_what_is_there(address: SocketAddr) -> anyhow::Result<Value> {
    let mut document = get(address, "/api/v1/openapi.json")?;
    let runs = get(address, "/api/v1/runs?limit=1")?;
    let run = runs["data"][0]["id"].as_str().context("the example recorded no run")?;
    let items = get(address, &format!("/api/v1/items?run={run}&limit=20"))?;
    let items: Vec<&Value> = items["data"].as_array().context("no items")?.iter().map(|item| &item["item"]).collect();
    let steps = get(address, &format!("/api/v1/runs/{run}"))?;
    let steps: Vec<&Value> =
        steps["steps"]["data"].as_array().context("no steps")?.iter().map(|step| &step["id"]).collect();
    for (path, operation) in document["paths"].as_object_mut().context("no paths")? {
        let parameters = operation.pointer_mut("/get/parameters").and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let there = match (parameter["in"].as_str(), parameter["name"].as_str()) {
                (Some("path"), Some("id")) => json!({"enum": [run]}),
                (Some("path" | "query"), Some("step")) => json!({"enum": steps}),
                (Some("path"), Some("key")) => json!({"enum": items}),
                (Some("query"), Some("run")) => json!({"enum": [run]}),
                (Some("query"), Some("a" | "b")) if path == "/api/v1/diff" => json!({"enum": [run]}),
                _ => continue,
            };
            let any = parameter["schema"].take();
            parameter["schema"] = json!({"anyOf": [there, any]});
        }
    }
    Ok(document)
}

fn get(address: SocketAddr, path: &str) -> anyhow::Result<Value> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n").context("no answer")? + 4;
    serde_json::from_slice(&answer[body..]).with_context(|| format!("{path} is no JSON"))
}

/// The example, which records and serves until this is dropped.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(program: &Path, films: &Path, store: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["--address", "127.0.0.1:0", "--store"]).arg(store).arg("--data").arg(films);
        let mut child =
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("cannot run the example")?;
        let lines = child.stderr.take().map(|said| BufReader::new(said).lines());
        let address = lines
            .into_iter()
            .flatten()
            .map_while(Result::ok)
            .find_map(|line| line.split("http://").nth(1).and_then(|rest| rest.split('/').next()?.parse().ok()));
        match address {
            Some(address) => Ok(Self { child, address }),
            None => {
                let _ = child.kill();
                anyhow::bail!("the example does not say where it serves")
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
