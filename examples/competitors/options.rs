//! The command line.

use std::path::PathBuf;

/// What the program looks at unless the command line says otherwise.
const TITLES: [&str; 20] = [
    "Shrek",
    "Scream",
    "Blade",
    "X-Men",
    "Ice Age",
    "Spider-Man 2",
    "Night at the Museum",
    "Batman Begins",
    "Love Actually",
    "Die Hard",
    "Men in Black",
    "American Beauty",
    "The Bourne Identity",
    "Monsters, Inc.",
    "The Black Dahlia",
    "The Last Samurai",
    "Hot Fuzz",
    "Gladiator",
    "King Kong",
    "Kung Fu Panda",
];

/// Finds the film that competes with each of twenty: one that shares words of the title and the genre, costs about as much
/// and is rated no worse. Prints which it is, or why there is none, then serves the API until Ctrl-C. It has a bug: the
/// decisions show it.
#[derive(Debug, clap::Parser)]
#[command(name = "competitors", after_help = AFTER_HELP)]
pub(crate) struct Options {
    /// Films by title, or title and year as in "King Kong (2005)"; twenty of its own if there are none.
    #[arg(value_name = "TITLE")]
    own_titles: Vec<String>,
    /// Repairs the bug.
    #[arg(long)]
    pub(crate) fixed: bool,
    /// The films: a JSON array of records as in vega-datasets' movies.json.
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/data/movies.json"), hide_default_value = true)]
    pub(crate) data: PathBuf,
    /// Where xray keeps what it captures; is created if it is not there.
    #[arg(long, value_name = "FILE", default_value = "competitors.redb")]
    pub(crate) store: PathBuf,
    /// Where the API listens; port 0 takes any free one [default: 127.0.0.1:7878, with --once nowhere]
    #[arg(long, value_name = "ADDR")]
    pub(crate) address: Option<String>,
    /// End after printing.
    #[arg(long)]
    pub(crate) once: bool,
    /// Print JSON instead of text: one object for every film, then one with the funnel.
    #[arg(long)]
    pub(crate) json: bool,
}

const AFTER_HELP: &str = "Example: competitors --once --fixed 'Batman Begins' 'Hot Fuzz'";

impl Options {
    pub(crate) fn titles(&self) -> Vec<&str> {
        match self.own_titles.as_slice() {
            [] => TITLES.to_vec(),
            own => own.iter().map(String::as_str).collect(),
        }
    }
}
