"""Characters that nobody sees and that change what is read: refused in what is kept of people.

Control characters break the headers, exports and terminals that a name ends up in; overrides and
isolates of the direction of writing show a name as another one (Unicode Technical Report 36,
section 2.5). What scripts need is fine: joiners (U+200C, U+200D), marks, right-to-left letters.
"""

import re

_CONTROLS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_BREAKS = r"\t\n\r\u2028\u2029"
_DIRECTIONS = r"\u202a-\u202e\u2066-\u2069"

#: What a name, an id or anything else of one line does not have.
IN_LINE = re.compile(f"[{_CONTROLS}{_BREAKS}{_DIRECTIONS}]")
#: What a text of several lines does not have, either.
IN_TEXT = re.compile(f"[{_CONTROLS}]")
#: Breaks of lines with the space around them.
BREAKS = re.compile(rf"\s*[{_BREAKS}]\s*")

#: Up to how many characters a text has one line.
LINE_LENGTH = 500

MESSAGE_LINE = "must not hold control characters, line breaks or direction overrides"
MESSAGE_TEXT = "must not hold control characters other than tabs and line breaks"
