"""Every coded message of unsplice: what happened, why, and the way out.

Codes are stable: scripts may rely on them, `unsplice explain CODE` prints them in full. E is an
error, W a warning (the result stands, with care), N a note. E10x is reaching the file, E11x to
E140 its content, E141 to E149 that of a record, E15x the pair, E16x the output, E17x resuming a
run, E18x the request, E19x the machine, E200 to E204 a configuration file, E205 to E214 several
machines, E215 to E219 packing a set, E220 to E224 reports; E199 is a fault of unsplice.

A wrong argument in a Python call is a plain `TypeError` or `ValueError` instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = [
    "MESSAGES",
    "ImageError",
    "Message",
    "Notice",
    "OutputError",
    "PairError",
    "ReadError",
    "RecordError",
    "Scope",
    "UnspliceError",
    "UsageError",
    "coded",
    "nearest_name",
    "printable",
    "unknown_name",
]


Scope = Literal["picture", "method"]


@dataclass(frozen=True)
class Message:
    """One entry of the catalogue; `what` may hold fields in braces."""

    what: str
    cause: str
    help: str
    scope: Scope = "picture"  # of a warning or note; see `Notice`


MESSAGES: dict[str, Message] = {
    "E101": Message(
        "no such file: {path}",
        "the path does not lead to a file (or a link in it is broken or circular)",
        "check the spelling; a path is relative to the current folder, one in a table to that of "
        "the table",
    ),
    "E102": Message(
        "this is a folder: {path}",
        "a picture was expected",
        "name a picture in it",
    ),
    "E103": Message(
        "not a regular file ({kind}): {path}",
        "only regular files are read: anything else may block or never end",
        "copy the data to a file first",
    ),
    "E104": Message(
        "no permission to read: {path}",
        "it, or a folder on the way to it, is not readable for this user",
        "change the permissions, or copy it to where you may read it",
    ),
    "E105": Message(
        "cannot be read: {path}",
        "the operating system answered: {reason}",
        "copy the file to a local disk and try again",
    ),
    "E106": Message(
        "this is a folder: {path}",
        "a folder is searched for pictures only when that is asked for",
        "pass -r to take all pictures in it and below",
    ),
    "E110": Message(
        "file is empty (0 bytes): {path}",
        "there is no data at all; a download or a copy may have failed",
        "get the file again",
    ),
    "E111": Message(
        "not an image: {path}",
        "content is {content}",
        "give a JPEG, PNG, TIFF, WebP or BMP file",
    ),
    "E112": Message(
        "format {format} is not accepted: {path}",
        "only JPEG, PNG, TIFF, WebP and BMP are read",
        "convert a COPY losslessly to PNG",
    ),
    "E113": Message(
        "{kind} is not supported: {path}",
        "there is no decoder here that gives its pixels without loss",
        "convert a COPY losslessly to PNG; note that this removes the traces of its compression",
    ),
    "E114": Message(
        "JPEG data starts at byte {offset}, not 0: {path}",
        "something stands in front of the picture",
        "find out what it is; then analyse a COPY without the first {offset} bytes",
    ),
    "E115": Message(
        "image has no pixels ({cols} x {rows}): {path}",
        "the header gives a width or height of zero",
        "get the file again from its source",
    ),
    "E120": Message(
        "JPEG is truncated: {path} ({detail})",
        "the file stops before the picture does; decoders fill the rest with flat gray",
        "get the complete file; the missing part cannot be restored",
    ),
    "E121": Message(
        "JPEG data is corrupt: {path} ({detail})",
        "the data breaks the rules of the format, so that what decoders show is partly invented",
        "get the file again from its source",
    ),
    "E122": Message(
        "PNG is damaged: {path} ({detail})",
        "the file was cut off or changed after it was written",
        "get the file again from its source",
    ),
    "E123": Message(
        "{format} is damaged: {path} ({detail})",
        "the file was cut off or changed after it was written",
        "get the file again from its source",
    ),
    "E124": Message(
        "{format} data cannot be decoded: {path}",
        "the decoder refused it: {reason}",
        "open it in an image viewer; if that works, convert a COPY losslessly to PNG",
    ),
    "E130": Message(
        "image is too large: {path} ({cols} x {rows} = {pixels:,} pixels, limit {limit:,})",
        "decoding takes {memory:,.1f} MB for the pixels alone",
        "if you trust the file, allow more pixels (max_pixels, --max-pixels)",
    ),
    "E131": Message(
        "implausible header: {path} ({megapixels:.1f} MP in {size} bytes)",
        "no picture of that size with anything in it packs into so few bytes",
        "do not trust this file; get it again from its source",
    ),
    "E132": Message(
        "{scans} progressive scans: {path} (limit {limit})",
        "encoders write at most 20; every scan costs a pass over the whole picture",
        "do not trust this file; get it again from its source",
    ),
    "E133": Message(
        "image is too large for a JPEG: {path} ({cols} x {rows}, at most {limit} a side)",
        "error level analysis compresses the picture, and no JPEG holds a longer side",
        "analyse a part of a COPY of the picture",
    ),
    "E134": Message(
        "image is too small for this method: {path} ({cols} x {rows}, needs {least} x {least})",
        "its statistics rest on more pixels than there are",
        "give the picture as large as there is one; enlarging a copy adds no evidence",
    ),
    "E135": Message(
        "file is too large: {path} ({size} bytes, limit {limit} bytes)",
        "no picture within the pixel limit needs that many bytes",
        "check that it is the file you mean; a higher max_pixels raises this limit, too",
    ),
    "E136": Message(
        "there is no mask for {path}: {reason}",
        "without its mask nothing can be said of where a tampered picture was changed",
        "add the mask, or leave the picture out",
    ),
    "E137": Message(
        "image is smaller than a patch: {cols} x {rows} (a patch is {size} x {size})",
        "patches are shifted to lie inside the picture, never padded, and this one has no room",
        "ask for a smaller patch (--size on the command line); in Python, "
        'pad="reflect" continues the picture by reflection',
    ),
    "E138": Message(
        "the mask does not fit: {path} is {mask}, the picture {image}",
        "a mask has the rows and columns of its picture, as the file stores them",
        "was one of them rotated or resized? a mask belongs on the stored pixel grid",
    ),
    "E139": Message(
        "the attack {attack} cannot be applied to {path} ({cols} x {rows})",
        "{reason}",
        "leave this picture out, or choose a milder attack",
    ),
    "E140": Message(
        "the truth of {path} is in doubt: {reason}",
        "what of it is right cannot be known from the files, and is not guessed",
        "correct the data set, or leave the picture out",
    ),
    "E141": Message(
        "not a record: {path} ({reason})",
        "a record is what `unsplice` leaves as NAME.run.json: one object of strict JSON",
        "name the record of a picture; if this is one, it was damaged: make the result again",
    ),
    "E142": Message(
        "the record {path} makes no sense: {field} {reason}",
        "it was changed by hand or damaged, or comes from elsewhere",
        "get the record as it was written",
    ),
    "E143": Message(
        "the record {path} is of another kind: {schema}",
        "this version of unsplice reads {known}",
        "verify it with the version that wrote it (its run.json tells which)",
    ),
    "E144": Message(
        "the record {path} does not tell which files were read",
        "the result was made from pixels in memory, or saved without `inputs`",
        "analyse files (unsplice localize, unsplice compare), or give `inputs` to save",
    ),
    "E145": Message(
        "the input of a record is not found: {input} ({path})",
        "it was looked for from the current folder, then from that of the record",
        "name the folder that its path is relative to (--root), or the file (--input)",
    ),
    "E146": Message(
        "the record {path} names an output outside of its folder: {output}",
        "results lie beside their record or below it; unsplice writes no such path",
        "do not trust this record",
    ),
    "E147": Message(
        "this is a folder: {path}",
        "a folder is searched for records only when that is asked for",
        "pass -r to take all records in it and below",
    ),
    "E148": Message(
        "no records in {path}",
        "no file in it or below ends in .run.json",
        "records are where results were written with -o FOLDER",
    ),
    "E150": Message(
        "pair sizes differ: {authentic} {authentic_size}, {spliced} {spliced_size}",
        "this method compares pixel by pixel and registers nothing",
        "use the default method, which registers the pair",
    ),
    "E151": Message(
        "the pair cannot give patches: {statement}",
        "the mask of such a pair is empty or doubtful, and so would be the labels of its patches",
        "give the right authentic picture, or the picture with a mask (columns image,mask)",
    ),
    "E160": Message(
        "no space left in {folder} ({free} free)",
        "writing {needed} there failed: the disk or the quota is full",
        "free some space, or give another -o; what was written before is whole",
    ),
    "E161": Message(
        "{path} exists already",
        "another run left it, or something else did; nothing is ever replaced unasked",
        "give another -o; --resume goes on with a run that was ended, where the verb has it; "
        "--overwrite replaces what an earlier run of the same verb left",
    ),
    "E162": Message(
        "cannot write to {path}: {reason}",
        "the system refused the output folder or a file in it",
        "give another -o, or change the permissions",
    ),
    "E163": Message(
        "the output folder {folder} holds input pictures or tables",
        "nothing is ever written beside what is examined ({input})",
        "give an -o outside the folders of the inputs",
    ),
    "E164": Message(
        "standard output cannot be written: {reason}",
        "what it was redirected to is full, or refuses more",
        "free some space, or redirect to another place",
    ),
    "E165": Message(
        "{folder} was removed or replaced while the run was writing into it",
        "what the run wrote is not all in one place, or not there any more",
        "give the same command again, with --overwrite if that says so (E161)",
    ),
    "E170": Message(
        "cannot resume the run in {folder}: {setting} was {then}, now {now}",
        "rows of two settings in one table would compare what cannot be compared",
        "give the settings of that run (its run.json tells them) or another -o; --overwrite begins "
        "again",
    ),
    "E171": Message(
        "cannot resume: {path} changed since the run (its bytes differ, or it is gone)",
        "a row of the finished part was computed from other bytes",
        "put the file back, or pass --overwrite to begin again",
    ),
    "E172": Message(
        "another process is at work in {folder}",
        "it is locked: two runs would write the same files",
        "wait for it, end it, or give another -o",
    ),
    "E180": Message(
        'unknown {kind} "{name}"',
        "known: {known}",
        "{suggestion}",
    ),
    "E181": Message(
        "cannot read the table {path}: {reason}",
        "a table is a CSV file whose first line names the columns {columns}",
        "paths in it are relative to the folder of the table",
    ),
    "E182": Message(
        "nothing to do in {path}",
        "{reason}",
        "pictures are found by their extension (.jpg, .png, .tif, .bmp, .webp and the like)",
    ),
    "E183": Message(
        "line {line} of {path} is incomplete: {reason}",
        "every line needs a path in each of the columns {columns}",
        "correct the line, or remove it",
    ),
    "E184": Message(
        "{problem}",
        "the command line cannot be understood as written",
        "see: {command} --help",
    ),
    "E185": Message(
        "the environment variable {name} must be a whole number >= 1, got {value}",
        "it is set in this shell, or by what started it",
        "unset it, or give --threads N, which goes first",
    ),
    "E186": Message(
        'cannot read the attack "{text}": {reason}',
        "an attack is a step such as jpeg:70, or several joined by +, such as gamma:1.3+jpeg:95",
        "{suggestion}",
    ),
    "E187": Message(
        "{path} is not read as a data set: {reason}",
        "known layouts: {known}",
        "any other set is read from a CSV file with the columns image,mask or "
        "authentic,tampered,mask (and set,kind as you like), one picture a line",
    ),
    "E188": Message(
        "line {line} of {path} makes no sense: {reason}",
        "a line names a tampered picture with its mask, an authentic picture, or one of each",
        "correct the line, or remove it",
    ),
    "E189": Message(
        "{purpose} needs the package {package}",
        "it is not among those that are always installed: {reason}",
        "pip install {package}",
    ),
    "E190": Message(
        "not enough memory for {path}",
        "the picture and the intermediate results do not fit into the memory that is free",
        "close other programs, or analyse a smaller picture (--max-pixels sets a limit)",
    ),
    "E191": Message(
        "OpenCV cannot be loaded: {reason}",
        "a system library is missing (opencv-python needs libGL and GLib), or opencv-python and "
        "opencv-python-headless are installed side by side and have broken each other",
        "see `unsplice doctor`; then `pip uninstall opencv-python opencv-python-headless` and "
        "`pip install opencv-python-headless`, which needs no window system",
    ),
    "E192": Message(
        "the worker process died on {path} ({reason})",
        "something ended it from outside, most often for lack of memory, or a library crashed",
        "run this picture alone, with less beside it; where runs can resume, --resume tries again",
    ),
    "E193": Message(
        "no result for {path} within {timeout:g} s",
        "the picture is large, the machine busy, or a computation hangs; its worker was ended",
        "allow more time (--timeout), or fewer --jobs; where runs can resume, --resume tries again",
    ),
    "E195": Message(
        "the network cannot be read: {path} ({reason})",
        "the file is damaged, or was written for another version of unsplice",
        "install unsplice again; it ships the file",
    ),
    "E196": Message(
        "the answers of {name} differ on pictures of {size}: {difference}",
        "a library gives another answer than the version that the benchmark was written for, or "
        "the core is at fault",
        "report it with the output of `unsplice doctor`; the other benchmarks are not affected",
    ),
    "E197": Message(
        "{name} cannot be measured on pictures of {size}: {reason}",
        "a library that takes part failed",
        "the other benchmarks are not affected; --debug shows the traceback",
    ),
    "E198": Message(
        "OpenCV {version} is too old to read pictures with",
        "before {oldest} it fills what a damaged JPEG lacks with the picture that it read before, "
        "and does not say so; an older one was installed past the requirement, or lies over it",
        "see `unsplice doctor`; then `pip uninstall opencv-python opencv-python-headless` and "
        "`pip install 'opencv-python-headless>={oldest}'`",
    ),
    "E199": Message(
        "internal error: {reason}",
        "this is a fault of unsplice, not of the input",
        "run again with --debug (or UNSPLICE_DEBUG=1), and report the output with that of "
        "`unsplice doctor`",
    ),
    "E200": Message(
        "the configuration {path} cannot be understood: {reason}",
        "it is a text file in TOML",
        "correct it, or read none (--config none); `unsplice config --template` prints one",
    ),
    "E201": Message(
        "unknown key {key} in {path}",
        "{place}: {known}",
        "{suggestion}",
    ),
    "E202": Message(
        "{key} in {path} cannot be meant: {reason}",
        "the value in the configuration file is of another kind, or out of range",
        "correct it; `unsplice config --template` prints every key with its default",
    ),
    "E203": Message(
        "{key} cannot be set in {path}",
        "{reason}",
        "remove it; it belongs into {way}",
    ),
    "E205": Message(
        "{missing} of {count} shards in {folder} are not finished: {which}",
        "a shard is finished when its shard.json is there, which is written last",
        "run these shards (with --resume they go on), then merge again",
    ),
    "E206": Message(
        "the shards in {folder} are not of one run: {setting} is {one} in one, {other} in another",
        "each was started with options or inputs of its own, and their tables do not go together",
        "start every shard with the same words but --shard, in a new folder",
    ),
    "E207": Message(
        "there are no shards in {folder}",
        "merge joins what runs with --shard I/N left below the folder shards",
        "give the folder that was their -o; one that is merged already needs nothing more",
    ),
    "E208": Message(
        "the Dask scheduler {address} cannot be reached: {reason}",
        "it is not there, the network keeps it away, or its version of Dask is another",
        "start one with `dask scheduler`, and workers with `dask worker ADDRESS`; "
        "--dask local starts workers on this machine",
    ),
    "E209": Message(
        "the workers lack {what}: a worker has {theirs}, here it is {ours}",
        "results of two versions in one output could not be compared, nor be made again",
        "install the same versions on every machine, then restart the workers",
    ),
    "E210": Message(
        "the Dask scheduler went away: {reason}",
        "it ended, or the network did; what it knew of the run is lost, not what was written",
        "start it again; the same command with --resume goes on with what is committed",
    ),
    "E215": Message(
        "nothing to pack in {path}: {reason}",
        "a folder is packed that `unsplice patches`, or `compare` or `localize` over several "
        "pictures, has finished",
        "finish the run (--resume), or name the folder that its -o named",
    ),
    "E216": Message(
        "the folder is not whole: {path}: {reason}",
        "something was changed, lost or damaged after the run that made the folder",
        "make the folder again; patches that are left can be gone on with by --resume",
    ),
    "E217": Message(
        "a path leads out of the folder {folder}: {path}",
        "tables and links of a set may come from anybody; only files in the folder are read",
        "do not trust this set; if the link is yours, put the files themselves in its place",
    ),
    "E218": Message(
        'the splits "{text}" cannot be read: {reason}',
        "splits are names with shares that sum to 1 exactly",
        "for example --split train=0.8,validation=0.1,test=0.1, or train=2/3,test=1/3",
    ),
    "E219": Message(
        'the format "{form}" is not for {path}, a folder of the kind "{kind}"',
        "for this kind there are: {known}",
        "choose one of these formats",
    ),
    "W201": Message(
        "{path} contains {format} data; analysed as {format}",
        "the file name says otherwise",
        "rename a COPY if other tools stumble over it",
    ),
    "W202": Message(
        "end-of-image marker missing; all {rows} rows present",
        "the writer did not finish the file",
        "the pixels are complete; ask how the file was transferred",
    ),
    "W203": Message(
        "oversized {chunk} chunk ignored",
        "a text or profile expands to more than {limit} bytes, which exhausts careless readers",
        "the pixels are not affected; do not open the file with other tools carelessly",
    ),
    "W204": Message(
        "CMYK {format} converted to RGB without its ICC profile",
        "the picture was prepared for print",
        "take methods that rely on color with care",
    ),
    "W205": Message(
        "alpha channel ignored ({share:.0f} % of pixels transparent)",
        "the colors under transparent pixels are analysed as stored",
        "what a viewer shows may differ there",
    ),
    "W206": Message(
        "{kind} image; noise-based methods are unreliable",
        "it has too few gray levels or colors to come from a camera as it is",
        "look for the original",
    ),
    "W207": Message(
        "EXIF block is unreadable",
        "it is damaged; an orientation in it cannot be known",
        "the pixels are not affected",
    ),
    "W208": Message(
        "progressive JPEG ends before full precision",
        "the last scans were never written, or were cut off and the end marker put back",
        "fine detail is missing; methods that rely on it are unreliable",
    ),
    "W210": Message(
        "authentic and spliced have the same pixels; the mask is empty",
        "the same picture was given twice, or nothing was pasted",
        "check that the right files make the pair",
    ),
    "W211": Message(
        "{unmatched} of {total} pictures have no partner and were left out",
        "a picture is matched by its path within the folder, then by the same without extension",
        "the left-out pictures are listed in errors.csv; a CSV of pairs matches by hand",
    ),
    "W212": Message(
        "the pictures do not show the same background; the mask is empty",
        "no geometry brings the two to match",
        "check that the authentic picture is the background that the spliced one was made on",
    ),
    "W213": Message(
        "the pictures could not be brought to match well; the mask is doubtful",
        "they differ by a geometry or a filter that is not undone, or hardly share a background",
        "look at the overlay; give the background in the size and crop of the spliced picture",
    ),
    "W214": Message(
        "most of the picture differs; the mask may be incomplete",
        "noise is learnt from what stayed the same, which is a minority here",
        "look at the overlay; swap the roles if the pasted picture is the background you have",
    ),
    "W215": Message(
        "{share} of the picture was not compared",
        "it has no counterpart in the authentic picture, which shows less of the scene",
        "give the authentic picture uncropped; where nothing was compared the mask is empty",
    ),
    "W220": Message(
        "no border patches: the mask is {state}",
        "a border patch is centred on the border between spliced and authentic pixels",
        "check that the mask belongs to this picture and that True means spliced",
    ),
    "W221": Message(
        "small spliced regions: no {size} x {size} window reaches a spliced share of {low:g}",
        "the lower bound of the share was let go, so the border patches are mostly authentic",
        "ask for a smaller patch (half the size) to get patches with a larger share",
    ),
    "W222": Message(
        "no border patches: no {size} x {size} window on the border keeps the rule",
        "every window has a spliced share outside {low:g} to {high:g} or too little of the border",
        "ask for another patch size or widen the bounds of the share",
    ),
    "W223": Message(
        "{found} of {wanted} authentic patches: the rest of the picture has no room for more",
        "an authentic {size} x {size} patch keeps {margin} pixels away from every spliced pixel",
        "ask for a smaller patch, or take authentic patches from other pictures",
    ),
    "W230": Message(
        "the marked regions are no evidence that anything was pasted",
        "this method marks what has the strongest noise and error levels of the picture, which "
        "every picture has somewhere: edges and texture",
        "compare with the picture: are the regions more than its busiest parts? The "
        "documentation of blind mode gives how often they are",
        scope="method",
    ),
    "W240": Message(
        "its mask has another name, {mask}; matched by the number at the end",
        "the set was published with wrong names, its masks with corrected ones",
        "the numbers were never changed; look at the mask if the result is odd",
    ),
    "W241": Message(
        "{count} of {total} pictures below {path} are not of the set {name} and were left out; "
        "the first are in {folder}",
        "a folder is read as one set; nothing in their folders is named as in its layout",
        "give the folder of each set, or a CSV file that lists the pictures",
    ),
    "W250": Message(
        'no picture fell into the split "{split}"',
        "splits are drawn by source picture, each by its hash; groups that share a file: {groups}",
        "give another --seed or a larger share, or more pictures",
    ),
    "N301": Message(
        "{count} bytes follow the end of the {format}",
        "a second picture (MPO, motion photo), an archive or padding was appended",
        "this does not change the pixels; it may tell something of the file's history",
    ),
    "N302": Message(
        "16-bit image; read at 16 bits",
        "each sample has two bytes",
        "nothing to do",
    ),
    "N303": Message(
        "{pages} pages; analysed the first",
        "the file is an animation or has several pages",
        "save other pages as files of their own to analyse them",
    ),
    "N304": Message(
        "EXIF orientation {orientation}; result is on the stored pixel grid ({cols} x {rows})",
        "viewers rotate or mirror the picture; unsplice does not",
        "rotate results the same way to lay them over what a viewer shows",
    ),
    "N305": Message(
        "ICC profile recorded, not applied (sha256 {sha256})",
        "colors are analysed as stored",
        "nothing to do",
    ),
    "N306": Message(
        "one picture is gray, the other in color; luma alone was compared",
        "color cannot be told apart from color that was added or taken away",
        "give both in color to find what differs in color alone",
    ),
    "N307": Message(
        "{bits}-bit samples; analysed at their 8 highest bits",
        "the features of this method are defined on 8 bits, as JPEG compression is",
        "nothing to do",
    ),
}


def printable(text: object) -> str:
    r"""Return `text` safe for a terminal: control characters and undecodable bytes are escaped.

    Examples
    --------
    >>> printable("photo\x1b[2J.jpg")
    'photo\\x1b[2J.jpg'
    >>> print(printable("caf\udce9.jpg"))
    caf\xe9.jpg
    """
    return "".join(char if char.isprintable() else _escaped(char) for char in str(text))


def _escaped(char: str) -> str:
    if "\udc80" <= char <= "\udcff":  # a byte of a file name that is no UTF-8
        return rf"\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def _shown(fields: Mapping[str, object]) -> dict[str, object]:
    """Return what goes into the braces of a message: numbers as they are, the rest printable."""
    return {
        name: value if isinstance(value, int | float) else printable(value)
        for name, value in fields.items()
    }


class UnspliceError(Exception):
    """An error with a code of the catalogue.

    Parameters
    ----------
    code : str
        Key of `MESSAGES`.
    **fields : object
        Values for the braces of the message; strings are made printable.

    Attributes
    ----------
    code, what, cause, help : str
        The code and the three lines of the message.
    fields : dict
        The values as given.

    Examples
    --------
    >>> import unsplice
    >>> try:
    ...     unsplice.read_image("missing.jpg")
    ... except unsplice.UnspliceError as error:
    ...     print(error.code, error.what)
    E101 no such file: missing.jpg
    """

    def __init__(self, code: str, **fields: object) -> None:
        message = MESSAGES[code]
        shown = _shown(fields)
        self.code = code
        self.fields = fields
        self.what = message.what.format(**shown)
        self.cause = message.cause.format(**shown)
        self.help = message.help.format(**shown)
        super().__init__(f"[{code}] {self.what}; {self.cause}; {self.help}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the fields when the error crosses a process border."""
        return _rebuild, (type(self), self.code, self.fields)


def _rebuild(kind: type[UnspliceError], code: str, fields: dict[str, object]) -> UnspliceError:
    return kind(code, **fields)


class ReadError(UnspliceError, OSError):
    """A file cannot be reached or read (E10x).

    Examples
    --------
    >>> import unsplice
    >>> unsplice.read_image("missing.jpg")
    Traceback (most recent call last):
    unsplice.errors.ReadError: [E101] no such file: missing.jpg; ...
    """


class ImageError(UnspliceError, ValueError):
    """A file or array is not a picture that unsplice can analyse (E11x to E140).

    Examples
    --------
    >>> import unsplice
    >>> unsplice.decode_image(b"<html>")
    Traceback (most recent call last):
    unsplice.errors.ImageError: [E111] not an image: ...
    """


class RecordError(UnspliceError, ValueError):
    """A record cannot be read, or not be verified (E141 to E149).

    Examples
    --------
    >>> from pathlib import Path
    >>> import unsplice
    >>> from unsplice.record import read_record
    >>> read_record(Path(unsplice.__file__))
    Traceback (most recent call last):
    unsplice.errors.RecordError: [E141] ...
    """


class PairError(UnspliceError, ValueError):
    """Two pictures cannot be compared (E15x).

    Examples
    --------
    >>> import numpy as np
    >>> import unsplice
    >>> first, second = np.zeros((8, 8), np.uint8), np.zeros((8, 9), np.uint8)
    >>> unsplice.compare(first, second, method="neighborhood-threshold")
    Traceback (most recent call last):
    unsplice.errors.PairError: [E150] ...
    """


class OutputError(UnspliceError, OSError):
    """A result cannot be written (E16x), or not beside what an earlier run left (E17x).

    Examples
    --------
    >>> import unsplice
    >>> from unsplice.synthetic.pairs import make_scene
    >>> scene = make_scene(64, 64, seed=1)
    >>> unsplice.compare(scene, scene).save("/dev/null", name="scene.png")
    Traceback (most recent call last):
    unsplice.errors.OutputError: [E162] cannot write to /dev/null: it is not a folder; ...
    """


class UsageError(UnspliceError, ValueError):
    """A request makes no sense as put (E18x), or a configuration file (E200 to E204).

    Examples
    --------
    >>> from unsplice.evaluation import parse_attack
    >>> parse_attack("jepg:70")
    Traceback (most recent call last):
    unsplice.errors.UsageError: [E186] cannot read the attack "jepg:70": unknown step "jepg"; ...
    """


def coded(error: Exception, path: object) -> UnspliceError:
    """Return `error` as an error of the catalogue; `path` is what was worked on."""
    if isinstance(error, UnspliceError):
        return error
    if isinstance(error, MemoryError) or _is_lack_of_memory_in_opencv(error):
        return UnspliceError("E190", path=path)
    if _is_of_opencv(error):
        told = UnspliceError("E191", reason=str(error).strip() or type(error).__name__)
    else:
        told = UnspliceError("E199", reason=f"{type(error).__name__}: {error}")
    told.__cause__ = error
    return told


def _is_lack_of_memory_in_opencv(error: Exception) -> bool:
    """Return whether `error` is that of OpenCV for memory that it could not get (-4)."""
    kind = type(error)
    if (kind.__module__.partition(".")[0], kind.__name__) != ("cv2", "error"):  # it may not load
        return False
    return "(-4:" in str(error)  # `error.code` is kept on the class: it may be that of another


def _is_of_opencv(error: Exception) -> bool:
    """Return whether `error` says that cv2 cannot be imported, or is half there."""
    if isinstance(error, AttributeError):  # what a mixture of two builds leaves
        return getattr(error.obj, "__name__", None) == "cv2"
    if not isinstance(error, ImportError):
        return False
    if error.name is not None and error.name.partition(".")[0] == "cv2":
        return True
    step = error.__traceback__
    while step is not None:  # a part of cv2 may name another library, or none
        if str(step.tb_frame.f_globals.get("__name__")).partition(".")[0] == "cv2":
            return True
        step = step.tb_next
    return False


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that was probably meant by `name`, case aside; None if none was.

    Examples
    --------
    >>> nearest_name("papr", ["paper", "fusion"]), nearest_name("CAS", ["columbia", "casia1"])
    ('paper', 'casia1')
    >>> nearest_name("", ["paper"]) is None
    True
    """
    import difflib

    plain = {one.casefold(): one for one in reversed(list(known))}
    wanted = name.casefold()
    near = [one for one in reversed(plain) if wanted and one.startswith(wanted)]
    near = near or difflib.get_close_matches(wanted, plain, 1, cutoff=0.5)
    return plain[near[0]] if near else None


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UsageError:
    """Return the error that no `kind` is called `name`, with the nearest that is (E180)."""
    names = list(known)
    near = nearest_name(name, names)
    suggestion = f'did you mean "{near}"?' if near is not None else "choose one of these"
    return UsageError(
        "E180", kind=kind, name=name, known=", ".join(names) or "none", suggestion=suggestion
    )


@dataclass(frozen=True)
class Notice:
    """A warning (W) or note (N) that accompanies a result.

    Attributes
    ----------
    code : str
        Key of `MESSAGES`.
    text : str
        What there is to say.
    scope : {"picture", "method"}
        What it is about: this picture or pair, or every result of the method.

    Examples
    --------
    >>> notice = Notice.of("N307", bits=12)
    >>> notice.code, "12" in notice.text, notice.scope
    ('N307', True, 'picture')
    """

    code: str
    text: str
    scope: Scope = "picture"

    @classmethod
    def of(cls, code: str, **fields: object) -> Notice:
        """Make the notice `code` of the catalogue with its fields filled in.

        Parameters
        ----------
        code : str
            Key of `MESSAGES`.
        **fields : object
            Values for the braces of the message; strings are made printable.

        Returns
        -------
        Notice
        """
        message = MESSAGES[code]
        return cls(code, message.what.format(**_shown(fields)), message.scope)
