//! `language`: the output is in one of some languages.

use super::reason::{listed, text_of};
use super::subject::Subject;
use super::verdict::Verdict;

/// The output is in one of these languages.
#[derive(Debug, Clone)]
pub struct Language {
    /// The languages, at least one.
    pub languages: Vec<whatlang::Lang>,
}

/// Codes of ISO 639-1 with those of ISO 639-3, which the detection speaks.
const CODES: [(&str, &str); 54] = [
    ("af", "afr"),
    ("am", "amh"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bg", "bul"),
    ("bn", "ben"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("cy", "cym"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("eo", "epo"),
    ("es", "spa"),
    ("et", "est"),
    ("fa", "pes"),
    ("fi", "fin"),
    ("fr", "fra"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("it", "ita"),
    ("ja", "jpn"),
    ("ka", "kat"),
    ("km", "khm"),
    ("kn", "kan"),
    ("ko", "kor"),
    ("la", "lat"),
    ("lt", "lit"),
    ("lv", "lav"),
    ("mk", "mkd"),
    ("ml", "mal"),
    ("mr", "mar"),
    ("nl", "nld"),
    ("no", "nob"),
    ("pa", "pan"),
    ("pl", "pol"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("ta", "tam"),
    ("tr", "tur"),
    ("uk", "ukr"),
    ("zh", "cmn"),
];

impl Language {
    /// Reads a language's code of ISO 639-1 (`en`) or 639-3 (`eng`), or its English name.
    ///
    /// # Errors
    ///
    /// A code or a name that is not known.
    pub fn parse(word: &str) -> Result<whatlang::Lang, String> {
        let lower = word.trim().to_lowercase();
        let plain = lower.split(['-', '_']).next().unwrap_or(&lower);
        let code = CODES.iter().find(|(short, _)| *short == plain);
        let code = code.map_or(plain, |(_, code)| code);
        let by_name = || {
            let all = whatlang::Lang::all().iter();
            all.copied()
                .find(|lang| lang.eng_name().to_lowercase() == lower)
        };
        let found = whatlang::Lang::from_code(code).or_else(by_name);
        found.ok_or_else(|| {
            format!("`{word}` is no language that can be told: write a code such as `en` or `nl`")
        })
    }

    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let output = text_of(subject.output);
        let Some(info) = whatlang::detect(&output) else {
            return Err("the output has no words whose language could be told".to_owned());
        };
        let found = info.lang().eng_name();
        if !info.is_reliable() {
            return Err(format!(
                "the language cannot be told for sure; it may be {found}"
            ));
        }
        let wanted: Vec<String> = self
            .languages
            .iter()
            .map(|lang| lang.eng_name().to_owned())
            .collect();
        let holds = self.languages.contains(&info.lang());
        Ok(Verdict::of(
            holds,
            format!("the output is in {found}, expected {}", listed(&wanted)),
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::super::{Check, Kind, Status};
    use super::*;

    #[test]
    fn languages_have_codes_and_names() {
        for word in ["en", "eng", "English", "en-GB", "EN"] {
            assert_eq!(Language::parse(word), Ok(whatlang::Lang::Eng), "{word}");
        }
        for (short, code) in CODES {
            assert!(Language::parse(short).is_ok(), "{short} {code}");
        }
        assert!(Language::parse("klingon").is_err());
    }

    #[test]
    fn what_is_too_short_is_undecided() {
        let dutch = "Uw bestelling is gisteren verzonden en wordt waarschijnlijk morgen bij u thuis bezorgd.";
        for (output, word, status) in [
            (dutch, "nl", Status::Passed),
            (dutch, "de", Status::Failed),
            (
                "Ihre Bestellung wurde gestern versandt und kommt wahrscheinlich morgen bei Ihnen zu Hause an.",
                "de",
                Status::Passed,
            ),
            ("ok", "en", Status::Undecided),
            ("1234", "en", Status::Undecided),
        ] {
            let languages = vec![Language::parse(word).unwrap()];
            let check = Check::new("language", Kind::Language(Language { languages }));
            let (output, vars) = (json!(output), Map::new());
            let result = check.judge(&Subject::canned(&output, &vars));
            assert_eq!(result.status, status, "{output}: {}", result.reason);
        }
    }
}
