//! The questions in SQL, of tables as `sqlite.rs` and `duckdb.rs` have them.

use crate::questions::Question;
use crate::workload::Key;

/// What words are spelt like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Duckdb,
}

const BY_NAME_SQLITE: &str = "
WITH ordered AS (
    SELECT name, outcome, duration_ns, kept, eliminated,
           row_number() OVER (PARTITION BY name ORDER BY duration_ns) AS place,
           count(*) OVER (PARTITION BY name) AS steps
    FROM steps)
SELECT name, count(*), avg(outcome = 'err'),
       min(CASE WHEN place >= 0.50 * steps THEN duration_ns END),
       min(CASE WHEN place >= 0.95 * steps THEN duration_ns END),
       min(CASE WHEN place >= 0.99 * steps THEN duration_ns END),
       avg(CASE WHEN kept + eliminated > 0 THEN 1.0 * eliminated / (kept + eliminated) END)
FROM ordered GROUP BY name";

const BY_NAME_DUCKDB: &str = "
SELECT name, count(*), avg(CASE WHEN outcome = 'err' THEN 1 ELSE 0 END),
       quantile_disc(duration_ns, [0.5, 0.95, 0.99]),
       avg(CASE WHEN kept + eliminated > 0 THEN 1.0 * eliminated / (kept + eliminated) END)
FROM steps GROUP BY name";

/// The columns of a step in a listing.
const STEP: &str = "s.run, s.id, s.name, s.outcome, s.started_ns, s.duration_ns, s.kept, s.eliminated";

/// The statement that asks this.
pub(crate) fn of(question: &Question, dialect: Dialect) -> String {
    let (model, newest_first) = match dialect {
        Dialect::Sqlite => ("json_extract(s.payload, '$.llm.model')", "runs r CROSS JOIN steps s"),
        Dialect::Duckdb => ("json_extract_string(s.payload, '$.llm.model')", "runs r JOIN steps s"),
    };
    match *question {
        Question::NewestRuns => "SELECT * FROM runs ORDER BY started_ns DESC LIMIT 100".to_owned(),
        // Runs are numbered from 1, in the order in which they begin.
        Question::LargeRun(place) => format!("SELECT * FROM steps WHERE run = {} ORDER BY id", place + 1),
        Question::Rejecting => format!(
            "SELECT {STEP} FROM {newest_first} ON s.run = r.id
             WHERE s.kind = 'filter' AND s.eliminated > 0.9 * (s.kept + s.eliminated)
             ORDER BY r.started_ns DESC, s.id LIMIT 100"
        ),
        Question::ByName => match dialect {
            Dialect::Sqlite => BY_NAME_SQLITE.to_owned(),
            Dialect::Duckdb => BY_NAME_DUCKDB.to_owned(),
        },
        Question::Item(number) => format!(
            "SELECT d.*, s.name, r.started_ns
             FROM decisions d JOIN runs r ON r.id = d.run JOIN steps s ON s.run = d.run AND s.id = d.step
             WHERE d.item = '{}' ORDER BY r.started_ns DESC, d.step",
            Key::of(number).as_str()
        ),
        Question::Model { day: (from, before), first_page } => {
            let limit = if first_page { "LIMIT 100" } else { "" };
            format!(
                "SELECT {STEP} FROM {newest_first} ON s.run = r.id
                 WHERE r.started_ns >= {from} AND r.started_ns < {before} AND {model} = 'gpt-4'
                 ORDER BY r.started_ns DESC, s.id {limit}"
            )
        }
    }
}
