# SPDX-License-Identifier: BSD-3-Clause
"""The tree as the checks read it: names of files, their language, their comments, and
numbers that may only fall (tests/lint/known)."""
import io
import os
import re
import subprocess
import tokenize

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SHEBANG = re.compile(r'#!.*\b(python3|bash|sh)\b')
# match strings first, so that comment marks inside strings are ignored
C_TOKEN = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|(/\*.*?\*/|//[^\n]*)',
                     re.S)


def files(*patterns):
    """Files of the tree, those not committed yet too, by git's patterns."""
    out = subprocess.run(['git', '-c', 'safe.directory=*', 'ls-files', '--cached',
                          '--others',
                          '--exclude-standard', '--', *patterns], cwd=ROOT,
                         capture_output=True,
                         text=True, check=True).stdout
    return sorted({name for name in out.splitlines()
                   if os.path.isfile(os.path.join(ROOT, name))})


def read(name):
    """The text of a file, or None where it is not text."""
    try:
        with open(os.path.join(ROOT, name), encoding='utf-8') as stream:
            return stream.read()
    except UnicodeDecodeError:
        return None


def language(name, text):
    """'c', 'python', 'shell', 'meson' or None, by the name or the first line."""
    base = os.path.basename(name)
    if base in ('meson.build', 'meson_options.txt'):
        return 'meson'
    ending = os.path.splitext(base)[1]
    if ending:
        return {'.c': 'c', '.h': 'c', '.py': 'python', '.sh': 'shell'}.get(ending)
    first = SHEBANG.match(text)
    return first and {'python3': 'python'}.get(first[1], 'shell')


def sources(*patterns):
    """(name, language, text) of each file in one of the four languages."""
    for name in files(*patterns):
        text = read(name)
        kind = text is not None and language(name, text)
        if kind:
            yield name, kind, text


def c_comments(text):
    """(first line, text) of each comment of C; // lines that follow each other are
    one."""
    found = []
    for match in C_TOKEN.finditer(text):
        if not match[1]:
            continue
        line = text.count('\n', 0, match.start()) + 1
        if match[1].startswith('//') and found and found[-1][2] == line - 1:
            found[-1] = (found[-1][0], f'{found[-1][1]}\n{match[1]}', line)
        else:
            found.append((line, match[1], line if match[1].startswith('//') else 0))
    return [(line, comment) for line, comment, _ in found]


def python_comments(text):
    """(first line, text) of comments and documentation strings."""
    found, before = [], tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            found.append((token.start[0], token.string,
                          not token.line[:token.start[1]].strip()))
        elif token.type == tokenize.STRING and before in (
                tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT):
            found.append((token.start[0], token.string, False))
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            before = token.type
    return joined(found)


def hash_comments(text):
    """(first line, text) of shell's and meson's comments; a # inside a word is none."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        alone = re.match(r'\s*(#.*)', line)
        behind = re.search(r'\s(#\s[^\'"]*)$', line)
        if alone:
            found.append((number, alone[1], True))
        elif behind:
            found.append((number, behind[1], False))
    return joined(found)


def joined(found):
    """Comment lines that stand alone and follow each other are one comment."""
    comments, last = [], -1
    for number, comment, alone in found:
        if alone and last == number - 1:
            comments[-1] = (comments[-1][0], f'{comments[-1][1]}\n{comment}')
        else:
            comments.append((number, comment))
        last = number if alone else -1
    return comments


def comments_of(kind, text):
    """Yield (first line, text) of the comments of a file, without SPDX and "#!" lines."""
    find = {'c': c_comments, 'python': python_comments}.get(kind, hash_comments)
    for line, comment in find(text):
        kept = [part for part in comment.split('\n')
                if 'SPDX-License-Identifier' not in part and not part.startswith('#!')]
        if kept and re.search(r'\w', ''.join(kept)):
            yield line + comment.split('\n').index(kept[0]), '\n'.join(kept)


def falling(known_name, counts, where, shrink=False):
    """What is wrong with counts beside the numbers of tests/lint/known/NAME, which may
    only fall.

    counts: {key: number}; where: {key: lines that say where}. shrink: write the lower
    numbers.
    """
    path = os.path.join(HERE, 'known', known_name)
    with open(path, encoding='utf-8') as stream:
        lines = stream.read().splitlines()
    known = {key: int(number) for number, key in (
        line.split(None, 1) for line in lines if line and line[0] != '#')}
    if shrink:
        left = {key: min(number, counts.get(key, 0)) for key, number in known.items()}
        with open(path, 'w', encoding='utf-8') as stream:
            for line in lines:
                if line.startswith('#'):
                    print(line, file=stream)
            for key, number in sorted(left.items()):
                if number:
                    print(number, key, file=stream)
        known = left
    for key, number in sorted(counts.items()):
        if number > known.get(key, 0):
            yield from where[key][:50]
            yield f'{key}: {number} found; tests/lint/known/{known_name} allows ' \
                  f'{known.get(key, 0)}'
