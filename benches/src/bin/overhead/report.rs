//! The tables.

use crate::measure::{REFERENCE, Row};

/// A table for each workload; the plain call is the first row of each.
pub(crate) fn table(rows: &[Row]) {
    for rows in rows.chunk_by(|one, next| one.workload == next.workload) {
        let find = |name| rows.iter().find(|row| row.variant == name);
        let plain = find("plain").map_or(f64::NAN, |row| row.ns);
        let reference = find(REFERENCE).map_or(f64::NAN, |row| row.ns_over_plain);
        println!("\nworkload {}: plain takes {plain:.1} ns", rows[0].workload);
        println!(
            "| variant | ns over plain | p10 | p90 | x plain | x by hand | allocations | bytes | delivered | dropped |"
        );
        println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        for row in rows {
            println!(
                "| {} | {:.1} | {:.1} | {:.1} | {:.2} | {} | {:.2} | {} | {} | {} |",
                row.variant,
                row.ns_over_plain,
                row.p10,
                row.p90,
                row.ns / plain,
                if row.variant == "plain" { "-".to_owned() } else { format!("{:.2}", row.ns_over_plain / reference) },
                row.allocs_per_call.unwrap_or_default(),
                shown(row.bytes_per_call),
                shown(row.delivered),
                shown(row.dropped),
            );
        }
    }
    println!(
        "\nx plain: of the whole call. x by hand: of what is over plain. Allocations: over plain, calling thread."
    );
}

/// What has no variants to compare with.
pub(crate) fn scaling(title: &str, rows: &[Row]) {
    println!("\n{title}");
    println!("| workload | ns over plain | p10 | p90 | calls per second | delivered | dropped |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for row in rows {
        println!(
            "| {} | {:.1} | {:.1} | {:.1} | {} | {} | {} |",
            row.workload,
            row.ns_over_plain,
            row.p10,
            row.p90,
            shown(row.calls_per_second.map(f64::round)),
            shown(row.delivered),
            shown(row.dropped),
        );
    }
}

fn shown(value: Option<impl std::fmt::Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
