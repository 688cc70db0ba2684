"""Scores of reference-text measures by published packages, as JSONL on stdout.

    pip install nltk==3.10.4 rouge-score==0.1.2 sacrebleu==2.6.0
    python tests/oracles/reference.py > fixtures/oracles/reference.jsonl

Texts are made up and already parted into tokens, so that only the formulas are compared. BLEU of sacrebleu has no floor
of 1e-7 for a precision of 0: pairs that would need it are left out. METEOR is NLTK's with Porter's own rules and no synonyms.
"""

import json
import random

from nltk.stem.porter import PorterStemmer
from nltk.translate.gleu_score import sentence_gleu
from nltk.translate.meteor_score import single_meteor_score
from rouge_score.rouge_scorer import RougeScorer
from sacrebleu.metrics import BLEU

PAIRS = 250
WORDS = (
    "the a parcel parcels arrived arrives late lately today order orders ordered refund refunded billing bills was is "
    "will be sent sending to you your our team teams is looking looked into it strongly strong and or of for , . !"
).split()

draw = random.Random(20261126)


class Blanks:
    def tokenize(self, text):
        return text.split()


class NoSynonyms:
    def synsets(self, _word):
        return []


def text():
    return [draw.choice(WORDS) for _ in range(draw.randint(1, 24))]


def changed(tokens):
    """Returns a text with some tokens replaced, dropped, moved or added."""
    tokens = list(tokens)
    for _ in range(draw.randint(0, 6)):
        at = draw.randrange(len(tokens) + 1)
        match draw.randrange(4):
            case 0:
                tokens.insert(at, draw.choice(WORDS))
            case 1 if len(tokens) > 1:
                tokens.pop(at - 1)
            case 2 if tokens:
                tokens[at - 1] = draw.choice(WORDS)
            case _:
                tokens = tokens[at:] + tokens[:at]
    return tokens


def bleu(candidate, references):
    scorer = BLEU(tokenize="none", smooth_method="none", effective_order=True, force=True)
    result = scorer.sentence_score(" ".join(candidate), [" ".join(one) for one in references])
    needed = min(4, len(candidate))
    return None if 0.0 in result.precisions[:needed] else result.score / 100


def rouge(kind):
    scorer = RougeScorer([kind], tokenizer=Blanks())
    return lambda candidate, references: scorer.score(" ".join(references[0]), " ".join(candidate))[kind].fmeasure


def meteor(candidate, references):
    stemmer = PorterStemmer(mode=PorterStemmer.ORIGINAL_ALGORITHM)
    return single_meteor_score(references[0], candidate, stemmer=stemmer, wordnet=NoSynonyms())


MEASURES = {
    "rouge-1": (1, rouge("rouge1")),
    "rouge-2": (1, rouge("rouge2")),
    "rouge-l": (1, rouge("rougeL")),
    "bleu": (3, bleu),
    "gleu": (1, lambda candidate, references: sentence_gleu(references, candidate)),
    "meteor": (1, meteor),
}

for measure, (most, score) in MEASURES.items():
    count = 0
    while count < PAIRS:
        candidate = text()
        references = [changed(candidate) for _ in range(draw.randint(1, most))]
        expected = score(candidate, references)
        if expected is None:
            continue
        count += 1
        print(json.dumps({"measure": measure, "candidate": candidate, "references": references, "score": expected}))
