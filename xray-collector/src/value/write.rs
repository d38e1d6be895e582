//! Writing the binary form into a record: one function for each tag, none of which leaves a torn value behind.

use std::fmt;
use std::ops::Range;

use super::{CLOSE_NAME, CUT_NAME, tag};
use crate::chunk::{Full, HeadPlace, SHORT, Writer};
use crate::redaction::{MARK, hints_at_secret};

const STRING_TAGS: [u8; 4] = [tag::STRING, tag::STRING_ENDLESS, tag::STRING_WITHHELD, tag::STRING_WITHHELD_CUT];

/// What a string of less than 256 bytes begins with.
#[inline(always)]
pub(super) fn head_of(length: usize) -> [u8; 2] {
    [tag::STRING_SHORT, length as u8]
}

#[inline(always)]
pub(super) fn named_head_of(name: u16, length: usize) -> [u8; 4] {
    let head = u16::from_le_bytes(head_of(length));
    (u32::from(name) | u32::from(head) << 16).to_le_bytes()
}

impl Writer {
    /// A string; cut if there is no room for all of it, and without the secrets in it.
    ///
    /// # Errors
    /// When there is no room even for an empty one; nothing is written then.
    pub fn string(&mut self, value: &str) -> Result<(), Full> {
        let length = value.len();
        if length <= SHORT && length < self.looked_at_from && self.short_string(head_of(length), value) {
            return Ok(());
        }
        self.string_with_care(value)
    }

    /// The name of a struct's field, which the chunk knows under this number, and a string: as [`Writer::string`].
    ///
    /// # Errors
    /// When there is no room; if the name was written, something stands for the string.
    pub fn named_string(&mut self, name: u16, value: &str) -> Result<(), Full> {
        let length = value.len();
        if length <= SHORT && length < self.looked_at_from && self.short_string(named_head_of(name, length), value) {
            return Ok(());
        }
        self.named_string_with_care(name, value)
    }

    #[inline(never)]
    fn string_with_care(&mut self, value: &str) -> Result<(), Full> {
        if self.clear_string(head_of(value.len()), value) {
            return Ok(());
        }
        if value.len() < self.looked_at_from { self.whole_string(value) } else { self.looked_at(value) }
    }

    #[inline(never)]
    fn named_string_with_care(&mut self, name: u16, value: &str) -> Result<(), Full> {
        if self.clear_string(named_head_of(name, value.len()), value) {
            return Ok(());
        }
        self.name_and_string(name, value)
    }

    #[cold]
    fn name_and_string(&mut self, name: u16, value: &str) -> Result<(), Full> {
        self.put(name.to_le_bytes())?;
        let is_whole = value.len() < self.looked_at_from;
        let written = if is_whole { self.whole_string(value) } else { self.looked_at(value) };
        written.inspect_err(|_| self.omitted())
    }

    /// Writes a head and a text of up to [`SHORT`] bytes that has to be looked at, if one look is enough to tell that there
    /// is nothing to withhold, and there is room for both in the chunk.
    #[inline(always)]
    fn clear_string<const N: usize>(&mut self, head: [u8; N], value: &str) -> bool {
        self.is_clear(value) && self.short_string(head, value)
    }

    /// Whether the text is short, and one look at it is enough to tell that there is nothing to withhold. Before it is
    /// copied: what is secret does not get into a chunk.
    #[inline(always)]
    pub(super) fn is_clear(&self, value: &str) -> bool {
        value.len() <= SHORT && self.looks_as_usual && !hints_at_secret(value.as_bytes())
    }

    /// Writes a head and all of a text of up to [`SHORT`] bytes, if there is room for both in the chunk.
    #[inline(always)]
    fn short_string<const N: usize>(&mut self, head: [u8; N], value: &str) -> bool {
        let Some(mut room) = self.room(N + value.len()) else { return false };
        room.put(head);
        room.fill_short(value.as_bytes());
        true
    }

    #[inline(always)]
    fn whole_string(&mut self, value: &str) -> Result<(), Full> {
        let length = value.len();
        if length <= SHORT && self.short_string(head_of(length), value) {
            return Ok(());
        }
        self.long_string(value)
    }

    #[inline(never)]
    fn long_string(&mut self, value: &str) -> Result<(), Full> {
        if value.len() <= usize::from(u8::MAX)
            && let Some(mut room) = self.room(2 + value.len())
        {
            room.put(head_of(value.len()));
            room.fill(value.as_bytes());
            return Ok(());
        }
        if let Ok(length) = u32::try_from(value.len()) {
            let start = self.mark();
            let mut head = [tag::STRING; 5];
            head[1..].copy_from_slice(&length.to_le_bytes());
            self.put(head)?;
            if self.put_slice(value.as_bytes()) == value.len() {
                return Ok(());
            }
            self.rollback(start);
        }
        self.cut(tag::STRING_CUT, value.as_bytes())
    }

    /// A string that is long enough to hold a secret.
    #[inline(never)]
    fn looked_at(&mut self, value: &str) -> Result<(), Full> {
        // What is cut off anyway is not looked at, but for what a secret at the limit may reach to.
        let goes_on = value.len() > self.more_than_room();
        let text = &value.as_bytes()[..value.len().min(self.more_than_room())];
        let redaction = self.redaction();
        if !goes_on && !redaction.may_withhold(text) {
            return self.whole_string(value);
        }
        match redaction.find(text, 0, goes_on) {
            None => self.whole_string(value),
            Some(found) => self.string_without(text, found, goes_on),
        }
    }

    /// The text with a mark in place of each secret; the first one is known.
    #[cold]
    fn string_without(&mut self, text: &[u8], first: Range<usize>, goes_on: bool) -> Result<(), Full> {
        let place = self.put_with_length([tag::STRING_WITHHELD; 5])?;
        let (mut at, mut written, mut next) = (0, 0, Some(first));
        let mut is_cut = false;
        while !is_cut && at < text.len() {
            let found = next.take().unwrap_or(text.len()..text.len());
            for piece in [&text[at..found.start], if found.is_empty() { &[] } else { MARK.as_bytes() }] {
                if !is_cut {
                    let now = self.put_slice(piece);
                    is_cut = now < piece.len();
                    written += now;
                }
            }
            at = found.end;
            next = if is_cut { None } else { self.redaction().find(text, at, goes_on) };
        }
        if is_cut || goes_on {
            self.set_tag(&place, tag::STRING_WITHHELD_CUT);
        }
        self.set_length(&place, written as u32);
        Ok(())
    }

    /// The full length, and as many bytes as there is room for.
    fn cut(&mut self, tag: u8, value: &[u8]) -> Result<(), Full> {
        let mut head = [tag; 13];
        head[1..9].copy_from_slice(&(value.len() as u64).to_le_bytes());
        let place = self.put_with_length(head)?;
        let written = self.put_slice(value);
        self.set_length(&place, written as u32);
        Ok(())
    }

    /// Bytes; cut if there is no room for all of them.
    ///
    /// # Errors
    /// When there is no room even for none; nothing is written then.
    pub fn bytes(&mut self, value: &[u8]) -> Result<(), Full> {
        self.cut(tag::BYTES, value)
    }

    /// Opens a list of so many elements ([`super::UNKNOWN_LENGTH`] if not known): values follow, then
    /// [`Writer::close`].
    ///
    /// # Errors
    /// When there is no room; nothing is written then.
    #[inline]
    pub fn list(&mut self, length: u32) -> Result<(), Full> {
        self.put_tagged(tag::LIST, length.to_le_bytes())
    }

    /// Opens a map of so many entries: keys and values follow, then [`Writer::close`].
    ///
    /// # Errors
    /// When there is no room; nothing is written then.
    #[inline]
    pub fn map(&mut self, length: u32) -> Result<(), Full> {
        self.put_tagged(tag::MAP, length.to_le_bytes())
    }

    /// Opens a struct: [`Writer::field`] and a value, again and again, then [`Writer::close_fields`].
    ///
    /// # Errors
    /// When there is no room.
    #[inline]
    pub fn structure(&mut self, name: &'static str) -> Result<(), Full> {
        self.tagged(tag::STRUCT, name)
    }

    /// The list of items that follows is told apart by the field of that name.
    ///
    /// # Errors
    /// When there is no room.
    pub fn keyed(&mut self, field: &'static str) -> Result<(), Full> {
        self.tagged(tag::KEYED, field)
    }

    /// Opens a tuple struct: values follow, then [`Writer::close`].
    ///
    /// # Errors
    /// When there is no room.
    #[inline]
    pub fn tuple(&mut self, name: &'static str) -> Result<(), Full> {
        self.tagged(tag::TUPLE, name)
    }

    /// The name of a struct's next field. Returns whether it names a secret: [`Writer::redacted`] has to follow then.
    ///
    /// # Errors
    /// When there is no room.
    pub fn field(&mut self, name: &'static str) -> Result<bool, Full> {
        self.put_name(name)
    }

    /// The number of a field's name, if the chunk knows it, and it is no secret's.
    #[inline(always)]
    #[must_use]
    pub fn field_number_of(&self, name: &'static str) -> Option<u16> {
        self.number_of(name)
    }

    /// The name of a struct's next field, which the chunk knows under this number.
    ///
    /// # Errors
    /// When there is no room; nothing is written then.
    #[inline(always)]
    pub fn field_number(&mut self, name: u16) -> Result<(), Full> {
        self.put(name.to_le_bytes())
    }

    /// A variant without data. Returns whether it names a secret, which is of interest where it is the key of a map.
    ///
    /// # Errors
    /// When there is no room.
    #[inline]
    pub fn unit_variant(&mut self, of: &'static str, name: &'static str) -> Result<bool, Full> {
        self.variant(tag::VARIANT_UNIT, of, name)
    }

    /// A variant with one value, which follows.
    ///
    /// # Errors
    /// When there is no room.
    #[inline]
    pub fn value_variant(&mut self, of: &'static str, name: &'static str) -> Result<(), Full> {
        self.variant(tag::VARIANT_VALUE, of, name).map(drop)
    }

    /// Opens a tuple variant: values follow, then [`Writer::close`].
    ///
    /// # Errors
    /// When there is no room.
    #[inline]
    pub fn tuple_variant(&mut self, of: &'static str, name: &'static str) -> Result<(), Full> {
        self.variant(tag::VARIANT_TUPLE, of, name).map(drop)
    }

    /// Opens a struct variant: as [`Writer::structure`].
    ///
    /// # Errors
    /// When there is no room.
    #[inline]
    pub fn struct_variant(&mut self, of: &'static str, name: &'static str) -> Result<(), Full> {
        self.variant(tag::VARIANT_STRUCT, of, name).map(drop)
    }

    #[inline(always)]
    fn tagged(&mut self, tag: u8, name: &'static str) -> Result<(), Full> {
        match self.number_of(name) {
            Some(number) => self.put_tagged(tag, number.to_le_bytes()),
            None => self.tagged_anew(tag, name),
        }
    }

    #[cold]
    fn tagged_anew(&mut self, tag: u8, name: &'static str) -> Result<(), Full> {
        let start = self.mark();
        self.put([tag])?;
        self.put_name(name).map(drop).inspect_err(|_| self.rollback(start))
    }

    fn variant(&mut self, tag: u8, of: &'static str, name: &'static str) -> Result<bool, Full> {
        let start = self.mark();
        self.put([tag])?;
        self.put_name(of).and_then(|_| self.put_name(name)).inspect_err(|_| self.rollback(start))
    }

    /// Ends a list, map, tuple or tuple variant; `cut` if elements are missing. There is always room.
    #[inline]
    pub fn close(&mut self, cut: bool) {
        self.put_closing([if cut { tag::CUT } else { tag::CLOSE }]);
    }

    /// Ends a struct or struct variant; `cut` if fields are missing. There is always room.
    #[inline]
    pub fn close_fields(&mut self, cut: bool) {
        self.put_closing((if cut { CUT_NAME } else { CLOSE_NAME }).to_le_bytes());
    }

    /// Stands for a value that there is no room for, or that is nested too deeply. There is always room.
    pub fn omitted(&mut self) {
        self.put_closing([tag::OMITTED]);
    }

    /// Stands for a value that must not be captured. There is always room.
    pub fn redacted(&mut self) {
        self.put_closing([tag::REDACTED]);
    }

    /// The name of the type of a value that has neither `Serialize` nor `Debug`.
    pub fn type_name(&mut self, name: &'static str) {
        if self.tagged(tag::TYPE, name).is_err() {
            self.omitted();
        }
    }

    /// The name of the type of a value whose `Serialize` or `Debug` panicked.
    pub fn panicked(&mut self, type_name: &'static str) {
        if self.tagged(tag::PANICKED, type_name).is_err() {
            self.omitted();
        }
    }

    /// What `arguments` write, as Debug text; cut if there is no room for all of it.
    ///
    /// # Errors
    /// [`TextError::Full`] when there is no room even for an empty text, [`TextError::Failed`] when the formatting
    /// itself fails; nothing is written then.
    pub fn debug_text(&mut self, arguments: fmt::Arguments<'_>) -> Result<(), TextError> {
        self.text([tag::TEXT, tag::TEXT_CUT, tag::TEXT_WITHHELD, tag::TEXT_WITHHELD_CUT], arguments).map(drop)
    }

    /// What `arguments` write, as a string; cut if there is no room for all of it. How long it would have become is
    /// not known then: formatting stops where the room ends.
    ///
    /// # Errors
    /// As [`Writer::debug_text`].
    pub fn display_text(&mut self, arguments: fmt::Arguments<'_>) -> Result<(), TextError> {
        self.text(STRING_TAGS, arguments).map(drop)
    }

    /// As [`Writer::display_text`], for the key of a map. Returns whether it names a secret: [`Writer::redacted`] has to
    /// follow then.
    ///
    /// # Errors
    /// As [`Writer::debug_text`].
    pub fn display_key(&mut self, arguments: fmt::Arguments<'_>) -> Result<bool, TextError> {
        let place = self.text(STRING_TAGS, arguments)?;
        Ok(self.change_text(&place, |redaction, text| redaction.is_secret_key(text)))
    }

    /// As [`Writer::string`], for the key of a map. Returns whether it names a secret: [`Writer::redacted`] has to
    /// follow then.
    ///
    /// # Errors
    /// As [`Writer::string`].
    pub fn string_key(&mut self, key: &str) -> Result<bool, Full> {
        self.string(key)?;
        Ok(self.redaction().is_secret_name(key))
    }

    /// `tags`: of a text that is whole, cut, without a part that is withheld, and both.
    fn text(&mut self, tags: [u8; 4], arguments: fmt::Arguments<'_>) -> Result<HeadPlace, TextError> {
        let start = self.mark();
        let place = self.put_with_length([tags[0]; 5]).map_err(|Full| TextError::Full)?;
        let mut text = TextWriter { writer: self, length: 0, is_cut: false };
        let formatted = fmt::write(&mut text, arguments);
        let (length, is_cut) = (text.length, text.is_cut);
        if !is_cut && formatted.is_err() {
            self.rollback(start);
            return Err(TextError::Failed);
        }
        let is_debug = tags[0] == tag::TEXT;
        // A field with a secret name may be shorter than any secret that is known by its form.
        let is_looked_at = is_debug || length >= self.looked_at_from;
        let is_withheld = is_looked_at && self.withhold(&place, is_debug, is_cut);
        self.set_tag(&place, tags[usize::from(is_cut) + 2 * usize::from(is_withheld)]);
        self.set_length(&place, length as u32);
        Ok(place)
    }

    /// Overwrites the secrets in a text that was formatted. Whether there were any.
    fn withhold(&mut self, place: &HeadPlace, is_debug: bool, is_cut: bool) -> bool {
        self.change_text(place, |redaction, text| redaction.overwrite(text, is_debug, is_cut))
    }
}

/// Why there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextError {
    /// There is no room.
    Full,
    /// The formatting failed: it returned an error of its own.
    Failed,
}

/// Formats straight into the record, and stops the formatting where the room ends. The end may tear a character,
/// which readers of a text that is cut leave out.
struct TextWriter<'w> {
    writer: &'w mut Writer,
    length: usize,
    is_cut: bool,
}

impl fmt::Write for TextWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !self.is_cut {
            let written = self.writer.put_slice(text.as_bytes());
            self.length += written;
            self.is_cut = written < text.len();
        }
        if self.is_cut { Err(fmt::Error) } else { Ok(()) }
    }
}
