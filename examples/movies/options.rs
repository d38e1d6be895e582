//! The command line.

use std::path::PathBuf;

/// What the program asks for unless the command line says otherwise.
const WISHES: [&str; 12] = [
    "genre=Comedy rating>=7 votes>=1000 year>=1990 minutes<=120 budget<=20M",
    "about=love rating>=6.5 votes>=1000",
    "genre=Western rating>=7.5 year<=1980",
    "genre=Documentary votes>=2000 limit=5",
    "genre=\"Black Comedy\" budget<=15M year=1999",
    "genre=Horror rating>=7.5 votes>=20000 year<=1985",
    "genre=Musical year<=1950 limit=4",
    "genre=Comedy rating>=8 year<=1970 minutes<=120",
    "genre=Comdey rating>=7",
    "genre=Drama rating>=high limit=3",
    "genre=Action rating>=8 votes>=100000 limit=0",
    "rating>=8.5 votes>=200000 limit=10",
];

/// Picks films from a dirty catalogue of 3,201 records, and shows what xray saw of it: one line for every wish, and how
/// many films each step kept. Then it serves the API until Ctrl-C.
#[derive(Debug, clap::Parser)]
#[command(name = "movies", after_help = AFTER_HELP)]
pub(crate) struct Options {
    /// Wishes to fulfil; a dozen of its own if there are none.
    #[arg(value_name = "WISH")]
    own_wishes: Vec<String>,
    /// The films: a JSON array of records as in vega-datasets' movies.json.
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/data/movies.json"), hide_default_value = true)]
    pub(crate) data: PathBuf,
    /// Films that nobody wants to see again: a text file with one "Title (year)" a line.
    #[arg(long, value_name = "FILE", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/data/seen.txt"), hide_default_value = true)]
    pub(crate) seen: PathBuf,
    /// Where xray keeps what it captures; is created if it is not there.
    #[arg(long, value_name = "FILE", default_value = "movies.redb")]
    pub(crate) store: PathBuf,
    /// Where the API listens; port 0 takes any free one [default: 127.0.0.1:7878, with --once nowhere]
    #[arg(long, value_name = "ADDR")]
    pub(crate) address: Option<String>,
    /// End after printing.
    #[arg(long)]
    pub(crate) once: bool,
    /// Print JSON instead of tables: one object for every run, then one with the funnel and the counts.
    #[arg(long)]
    pub(crate) json: bool,
}

const AFTER_HELP: &str = "\
A wish is a line of conditions, each a field, an operator and a value:
  genre=Comedy  about=love            words of the genre, of the title; quote several: genre=\"Romantic Comedy\"
  rating>=7  votes>=1000  year=1999   >=, <= or =; a film that lacks the value is out
  minutes<=120  budget<=20M
  limit=3                             so many films

Example: movies --once 'genre=Drama rating>=8 year>=1990 limit=5'";

impl Options {
    pub(crate) fn wishes(&self) -> Vec<&str> {
        match self.own_wishes.as_slice() {
            [] => WISHES.to_vec(),
            own => own.iter().map(String::as_str).collect(),
        }
    }
}
