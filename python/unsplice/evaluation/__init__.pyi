from .attacks import parse_attack as parse_attack
from .datasets import read_dataset as read_dataset
from .datasets import read_datasets as read_datasets
from .datasets import select_samples as select_samples
from .run.evaluation import evaluate as evaluate
from .tables.summary import summarize as summarize
from .tables.summary import summarize_authentic as summarize_authentic

__all__ = [
    "evaluate",
    "parse_attack",
    "read_dataset",
    "read_datasets",
    "select_samples",
    "summarize",
    "summarize_authentic",
]
