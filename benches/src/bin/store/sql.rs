//! The questions in SQL.

use crate::questions::Question;
use crate::workload::Key;

/// The statement that asks this, of tables as `sqlite.rs` has them.
pub(crate) fn of(question: &Question) -> String {
    match *question {
        Question::NewestRuns => "SELECT * FROM runs ORDER BY started_ns DESC LIMIT 100".to_owned(),
        Question::LargeRun(place) => format!("SELECT * FROM steps WHERE run = {} ORDER BY id", place + 1),
        Question::Rejecting => {
            "SELECT s.run, s.id, s.name, s.outcome, s.started_ns, s.duration_ns, s.kept, s.eliminated
            FROM runs r CROSS JOIN steps s ON s.run = r.id
            WHERE s.kind = 'filter' AND s.eliminated > 0.9 * (s.kept + s.eliminated)
            ORDER BY r.started_ns DESC LIMIT 100"
                .to_owned()
        }
        Question::ByName => "WITH ordered AS (
                SELECT name, outcome, duration_ns, kept, eliminated,
                       row_number() OVER (PARTITION BY name ORDER BY duration_ns) AS place,
                       count(*) OVER (PARTITION BY name) AS steps
                FROM steps)
            SELECT name, count(*), avg(outcome = 'err'),
                   min(CASE WHEN place >= 0.50 * steps THEN duration_ns END),
                   min(CASE WHEN place >= 0.95 * steps THEN duration_ns END),
                   min(CASE WHEN place >= 0.99 * steps THEN duration_ns END),
                   avg(CASE WHEN kept + eliminated > 0 THEN 1.0 * eliminated / (kept + eliminated) END)
            FROM ordered GROUP BY name"
            .to_owned(),
        Question::Item(number) => format!(
            "SELECT d.*, s.name, r.started_ns FROM decisions d
             JOIN runs r ON r.id = d.run JOIN steps s ON s.run = d.run AND s.id = d.step
             WHERE d.item = '{}' ORDER BY r.started_ns DESC, d.step",
            Key::of(number).as_str()
        ),
        Question::Model { day, first_page } => {
            let (from, before) = day;
            let limit = if first_page { "LIMIT 100" } else { "" };
            format!(
                "SELECT s.run, s.id, s.name, s.outcome, s.started_ns, s.duration_ns
                 FROM runs r CROSS JOIN steps s ON s.run = r.id
                 WHERE r.started_ns >= {from} AND r.started_ns < {before}
                   AND json_extract(s.payload, '$.llm.model') = 'gpt-4'
                 ORDER BY r.started_ns DESC, s.id {limit}"
            )
        }
    }
}
