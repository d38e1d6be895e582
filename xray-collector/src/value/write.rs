//! Writing the binary form.
