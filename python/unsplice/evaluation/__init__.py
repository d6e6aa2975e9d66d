"""What a method is worth: data sets, attacks, scores and tables.

==============  ====================================================================================
`datasets`      public sets and manifests: which pictures there are, and the truth of each
`attacks`       what happens to a picture between its forger and its examiner
`scores`        a mask or a heat map against the truth: `pixels`, and `boundary`
`run`           methods x pictures x attacks: the plan, its tasks, their rows, and the journal
`tables`        means over rows with intervals; text, Markdown, CSV, Parquet, and a plot
==============  ====================================================================================

The names that most need are here, and load their modules at first use:

>>> from unsplice.evaluation import evaluate, parse_attack, read_dataset, summarize
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
