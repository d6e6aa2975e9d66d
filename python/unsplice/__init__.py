"""Separate the spliced part of a picture from the rest.

Every public name is listed, in pipeline order, in the stub beside this file; a name loads its
module at first use, so that ``import unsplice`` costs a few milliseconds and needs neither OpenCV
nor PyWavelets.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
