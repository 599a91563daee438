"""The peer: presidio-analyzer with its own Korean recognisers, and the general ones that fit.

No model is downloaded: its tokens come from a blank Korean pipeline of spaCy that cuts at spaces, with the words
themselves as lemmas, so that its context words work. Without a model it knows no names. Every recogniser is as
shipped; phone numbers are asked for Korea. Of each type the threshold of score with the best F1 is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

TYPES = {
    "KR_RRN": "resident-registration-number", "KR_FRN": "foreigner-registration-number",
    "KR_BRN": "business-registration-number", "KR_DRIVER_LICENSE": "driver-licence-number",
    "KR_PASSPORT": "passport-number", "EMAIL_ADDRESS": "email", "CREDIT_CARD": "card-number",
    "PHONE_NUMBER": "phone", "IP_ADDRESS": "ip-address", "MAC_ADDRESS": "mac-address",
}  # fmt: skip
THRESHOLDS = (0.0, 0.2, 0.4, 0.6)


def installed() -> bool:
    from importlib.util import find_spec

    return find_spec("presidio_analyzer") is not None


class Peer:
    def __init__(self) -> None:
        import tldextract
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer import predefined_recognizers as shipped

        made = [
            *(getattr(shipped, f"Kr{name}Recognizer")(supported_language="ko") for name in ("Rrn", "Frn", "Brn", "DriverLicense", "Passport")),
            shipped.EmailRecognizer(supported_language="ko"), shipped.CreditCardRecognizer(supported_language="ko"),
            shipped.IpRecognizer(supported_language="ko"), shipped.MacAddressRecognizer(supported_language="ko"),
            shipped.PhoneRecognizer(supported_language="ko", supported_regions=("KR",)),
        ]  # fmt: skip
        # The e-mail recogniser would fetch the list of public suffixes; the package brings one along.
        tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
        registry = RecognizerRegistry(recognizers=made, supported_languages=["ko"])
        self._engine = AnalyzerEngine(registry=registry, nlp_engine=_blank(), supported_languages=["ko"])

    def found(self, text: str) -> list[tuple[int, int, str, float]]:
        results = self._engine.analyze(text, language="ko")
        return [(r.start, r.end, TYPES[r.entity_type], r.score) for r in results if r.entity_type in TYPES]


def _blank() -> Any:
    import spacy
    from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

    class Blank(NlpEngine):  # type: ignore[misc]
        def __init__(self) -> None:
            self._nlp = spacy.blank(
                "ko", config={"nlp": {"tokenizer": {"@tokenizers": "spacy.Tokenizer.v1"}}}
            )

        def load(self) -> None:
            pass

        def is_loaded(self) -> bool:
            return True

        def process_text(self, text: str, language: str) -> Any:
            doc = self._nlp(text)
            words = [token.text for token in doc]
            return NlpArtifacts([], doc, [token.idx for token in doc], words, self, language, [])

        def process_batch(
            self, texts: Iterable[str], language: str, batch_size: int = 1, n_process: int = 1, **_: object
        ) -> Any:
            return ((text, self.process_text(text, language)) for text in texts)

        def is_stopword(self, word: str, language: str) -> bool:
            return False

        def is_punct(self, word: str, language: str) -> bool:
            return not any(c.isalnum() for c in word)

        def get_supported_entities(self) -> list[str]:
            return []

        def get_supported_languages(self) -> Sequence[str]:
            return ["ko"]

    return Blank()
