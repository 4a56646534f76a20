#!/usr/bin/env python3
"""Runs a command in a pseudo-terminal and draws the screen that it leaves as an SVG file.

    docs/images/make_terminal.py FILE.svg -- COMMAND
    docs/images/make_terminal.py docs/images/quickstart.svg --recording run.bin --lines 1-7,18-20,77-82 \\
        -- dotnet run -c Release --project src/Nonet.Cli -- quickstart

The picture shows the command after its prompt. Start the program in the way that the picture should show: nonet repeats it in the lines that it prints for
the user to type. --recording keeps the bytes of the terminal in a file; if the file exists, the picture is drawn from it and the command does not run.
--lines chooses the lines to show, where line 1 is the command; a gap is shown as a dotted line. Without it, all lines are shown. Needs Python 3.9 on Linux
or macOS, and nothing else.
"""
import argparse
import codecs
import fcntl
import html
import os
import pty
import re
import struct
import sys
import termios
from pathlib import Path

WIDTH, HEIGHT = 8.4, 18                     # of a character cell, for a font of 14 pixels
COLOURS = {"text": "#d8dee9", "dim": "#7b8796", "green": "#a3d9a5", "blue": "#8fc1f0", "yellow": "#ebcb8b"}
STYLES = [                                  # the first pattern that matches a line decides; its groups are coloured in order
    (re.compile(r"^(⋮)()"), ["dim", "dim"]),
    (re.compile(r"^(\$ )(.*)"), ["dim", "green"]),
    (re.compile(r"^(step +[\d,]+  )(held out: )(.*)"), ["dim", "blue", "blue"]),
    (re.compile(r"^(step +[\d,]+  )(sample:|it writes:)"), ["dim", "yellow"]),
    (re.compile(r"^(step +[\d,]+  saved .*)"), ["dim"]),
    (re.compile(r"^(step +[\d,]+)(  loss [\d.]+)(.*)"), ["dim", "text", "dim"]),
    (re.compile(r"^((?:tokenizer|text|model|training|memory): )(.*)"), ["dim", "text"]),
    (re.compile(r"^(validation )(.*)"), ["dim", "green"]),
    (re.compile(r"^(compute +|model +|run +)(.*)"), ["dim", "text"]),
    (re.compile(r"^(next +)(.*)"), ["dim", "green"]),
]


def record(command, columns, rows):
    """The bytes that a command writes to a terminal of this size."""
    process, terminal = pty.fork()
    if process == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    output = bytearray()
    while True:
        try:
            block = os.read(terminal, 65536)
        except OSError:                     # Linux answers a read with an error once the program has ended
            block = b""
        if not block:
            break
        output += block
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if code != 0:
        sys.stdout.buffer.write(output)
        sys.exit(f"{' '.join(command)} ended with exit code {code}")
    return bytes(output)


def screen(output, columns):
    """All lines of the terminal after the output: line ends, carriage returns, wrapping, cursor up and erase below."""
    lines, y, x = [[]], 0, 0
    text = codecs.decode(output, "utf-8", "replace")
    for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b.|[^\x1b]", text, re.DOTALL):
        if part == "\r":
            x = 0
        elif part == "\n":
            y, lines = y + 1, lines + [[]] * (y + 1 == len(lines))
        elif part.startswith("\x1b["):
            count = int(re.sub(r"\D", "", part) or 1)
            if part[-1] == "A":
                y = max(0, y - count)
            elif part[-1] == "J":
                lines = lines[:y] + [lines[y][:x]]
        elif part >= " ":
            if x == columns:
                x, y = 0, y + 1
                lines = lines + [[]] * (y == len(lines))
            line = lines[y] + [" "] * (x - len(lines[y]))
            lines[y] = line[:x] + [part] + line[x + 1:]
            x += 1
    return ["".join(line).rstrip() for line in lines]


def chosen(lines, ranges):
    """The lines of some ranges, with a mark for each gap."""
    result, last = [], 0
    for part in ranges.split(","):
        first, _, end = part.partition("-")
        result += ["⋮"] * (int(first) > last + 1) + lines[int(first) - 1:int(end or first)]
        last = int(end or first)
    return result


def spans(line):
    """A line as pairs of a colour and a text."""
    for pattern, colours in STYLES:
        if match := pattern.match(line):
            return [(colour, text) for colour, text in zip(colours, match.groups()) if text]
    return [("text", line)]


def draw(lines, columns):
    """A window with the lines."""
    width, height = columns * WIDTH + 32, len(lines) * HEIGHT + 60
    svg = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" viewBox="0 0 {width:.0f} {height}" role="img">',
           f'<rect width="{width:.0f}" height="{height}" rx="10" fill="#1e2430"/>']
    svg += [f'<circle cx="{22 + 20 * i}" cy="20" r="6" fill="{colour}"/>' for i, colour in enumerate(["#ec6a5e", "#f4bf4f", "#61c554"])]
    svg.append('<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14" xml:space="preserve">')
    for row, line in enumerate(lines):
        column = 0
        for colour, text in spans(line):
            length = len(text)
            shown = html.escape(text, quote=False).replace(" ", "\u00a0")
            svg.append(f'<text x="{16 + column * WIDTH:.1f}" y="{56 + row * HEIGHT}" fill="{COLOURS[colour]}" '
                       f'textLength="{length * WIDTH:.1f}">{shown}</text>')
            column += length
    return "\n".join(svg + ["</g>", "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", type=Path)
    parser.add_argument("command", nargs="+")
    parser.add_argument("--recording", type=Path, help="the bytes of the terminal: written, or read if the file exists")
    parser.add_argument("--columns", type=int, default=100)
    parser.add_argument("--rows", type=int, default=40)
    parser.add_argument("--lines", help="ranges of lines to show, such as 1-7,18-20")
    options = parser.parse_args()

    if options.recording and options.recording.exists():
        output = options.recording.read_bytes()
    else:
        output = record(options.command, options.columns, options.rows)
        if options.recording:
            options.recording.write_bytes(output)
    lines = [f"$ {' '.join(options.command)}"] + screen(output, options.columns)
    while lines and not lines[-1]:
        lines.pop()
    if options.lines:
        lines = chosen(lines, options.lines)
    temporary = options.picture.with_suffix(".svg.tmp")
    temporary.write_text(draw(lines, options.columns), encoding="utf-8")
    temporary.replace(options.picture)


main()
