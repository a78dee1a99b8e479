//! A model's zip and an empty page in, an HTML file that is an app out; and back.
//!
//! The page is built beside Graft's own (`www/one-file`), program and WebAssembly inside. Here it
//! gets its model: the zip as base64, and as JSON what is shown before that has been read. Both are
//! in `<script>` elements that aren't scripts.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{card::model_card, package::Source};
use crate::{
    error::{Error, Result},
    protocol::AppFacts,
};

/// Each once in the empty page.
const FACTS: &str = "{graft-facts}";
const MODEL: &str = "{graft-model}";

/// What is around the model.
const BEFORE_MODEL: &str = "<script id=\"model\" type=\"application/octet-stream\">";
const AFTER_MODEL: &str = "</script>";

/// About the size of the empty page.
const EMPTY_BYTES: usize = 1_370_000;

/// About the size of an app around this many bytes.
pub(super) fn size(model_bytes: usize) -> usize {
    EMPTY_BYTES + model_bytes * 4 / 3
}

/// Puts a zip into the empty page that is in the source.
///
/// # Errors
///
/// When there is no page, or one that isn't ours.
pub(super) fn wrap(source: &Source, zip: &[u8]) -> Result<Vec<u8>> {
    let page = std::str::from_utf8(source.page.unwrap_or_default())
        .map_err(|_| Error::DamagedPage("it is no text"))?;
    let (page, facts, model) = (page, facts(source), BASE64_STANDARD.encode(zip));
    let (head, rest) = parted(page, FACTS)?;
    let (middle, tail) = parted(rest, MODEL)?;
    if !middle.ends_with(BEFORE_MODEL) || !tail.starts_with(AFTER_MODEL) {
        return Err(Error::DamagedPage("its place for a model is another"));
    }
    Ok([head, &facts, middle, &model, tail].concat().into_bytes())
}

/// The zip that is in an app.
///
/// # Errors
///
/// When there is none.
pub(super) fn unwrap(app: &[u8]) -> Result<Vec<u8>> {
    let unlike = |trouble: &str| Error::UnfaithfulExport(trouble.to_owned());
    let app = std::str::from_utf8(app).map_err(|_| unlike("it is no text"))?;
    let (_, rest) = app
        .split_once(BEFORE_MODEL)
        .ok_or_else(|| unlike("there is no model in it"))?;
    let (model, _) = rest
        .split_once(AFTER_MODEL)
        .ok_or_else(|| unlike("the model has no end"))?;
    BASE64_STANDARD
        .decode(model)
        .map_err(|error| unlike(&error.to_string()))
}

/// What is before and after something that is there once.
fn parted<'a>(page: &'a str, mark: &str) -> Result<(&'a str, &'a str)> {
    match page.split_once(mark) {
        Some((_, after)) if after.contains(mark) => {
            Err(Error::DamagedPage("a place is there twice"))
        }
        Some(parts) => Ok(parts),
        None => Err(Error::DamagedPage("it has no place for a model")),
    }
}

/// JSON in which no name and no line of the card can end the element it is in.
fn facts(source: &Source) -> String {
    let model = source.model;
    let facts = AppFacts {
        classes: model.classes.clone(),
        date: source.date.to_owned(),
        card: model_card(source),
        accuracy: model.provenance.as_ref().map(|known| known.accuracy),
        familiar_share: model.familiarity.map(|known| known.share),
        backbone: source.weights.architecture.title.to_owned(),
        is_tuned: model.backbone.is_some(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let json = serde_json::to_string(&facts).expect("plain data");
    // All that could be markup begins so; in JSON it is only ever inside strings.
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::fixtures::{EMPTY_PAGE, with_source};

    fn with_page<'a>(source: &Source<'a>, page: &'a str) -> Source<'a> {
        Source {
            page: Some(page.as_bytes()),
            ..*source
        }
    }

    #[test]
    fn a_zip_comes_back_the_same() {
        with_source(false, |source| {
            for length in 0..5 {
                let zip = &b"zip \xff"[..length];
                assert_eq!(unwrap(&wrap(source, zip).unwrap()).unwrap(), zip);
            }
        });
    }

    #[test]
    fn no_name_and_no_card_can_end_the_element_it_is_in() {
        with_source(false, |source| {
            let mut model = source.model.clone();
            let wicked = "</script><script>alert(1)</script><!-- {graft-model}";
            model.classes[0].name = wicked.to_owned();
            let source = Source {
                model: &model,
                ..*source
            };
            let app = String::from_utf8(wrap(&source, b"a zip").unwrap()).unwrap();
            let count = |part| app.matches(part).count();
            assert_eq!(count("<"), EMPTY_PAGE.matches('<').count(), "{app}");
            let (_, rest) = app.split_once("type=\"application/json\">").unwrap();
            let (json, _) = rest.split_once("</script>").unwrap();
            let facts: AppFacts = serde_json::from_str(json).unwrap();
            assert_eq!(facts.classes[0].name, wicked);
            assert!(facts.card.contains("# Model card"), "{}", facts.card);
            assert_eq!(unwrap(app.as_bytes()).unwrap(), b"a zip");
        });
    }

    #[test]
    fn a_page_without_its_places_is_refused() {
        with_source(false, |source| {
            let pages = [
                String::new(),
                EMPTY_PAGE.replace(FACTS, ""),
                EMPTY_PAGE.replace(MODEL, ""),
                EMPTY_PAGE.replace(MODEL, &MODEL.repeat(2)),
                EMPTY_PAGE.replace(BEFORE_MODEL, "<script>"),
            ];
            for page in &pages {
                let error = wrap(&with_page(source, page), b"a zip").unwrap_err();
                assert!(matches!(error, Error::DamagedPage(_)), "{page}: {error}");
            }
            let none = Source {
                page: None,
                ..*source
            };
            assert!(wrap(&none, b"a zip").is_err());
        });
    }

    #[test]
    fn an_app_that_was_cut_or_altered_holds_no_model() {
        with_source(false, |source| {
            let app = wrap(source, b"a model's zip").unwrap();
            let at = app.len() / 2;
            assert!(unwrap(&app[..at]).is_err());
            assert!(unwrap(b"<!doctype html>").is_err());
            let altered = String::from_utf8(app).unwrap();
            let altered = altered.replace(BEFORE_MODEL, &format!("{BEFORE_MODEL}?"));
            assert!(unwrap(altered.as_bytes()).is_err());
        });
    }
}
