using System.Text;
using Nonet.Files;

namespace Nonet.Scaling.Runs;

/// <summary>Comma- or tab-separated values with a header: RFC 4180. Empty lines and lines that begin with # are skipped.</summary>
static class CsvTable
{
    public static RawTable Read(string path)
    {
        var text = RawTable.Text(path);
        var separator = Separator(text);
        string[]? columns = null;
        var rows = new List<string?[]>();
        foreach (var (line, cells) in Lines(path, text, separator))
        {
            if (columns is null)
            {
                columns = [.. cells.Select(c => c ?? "")];
                if (Array.IndexOf(columns, "") is >= 0 and var empty)
                    throw new MalformedFileException(path, $"no name for column {empty + 1} in the header", "column names in the first line");
            }
            else if (cells.Count != columns.Length)
                throw new MalformedFileException(path, $"{cells.Count} cells in row {rows.Count + 1} (line {line})", $"{columns.Length}, as in the header");
            else
                rows.Add([.. cells]);
        }
        return new RawTable(path, columns ?? throw new MalformedFileException(path, "an empty file", "a header and a run a line"), rows);
    }

    /// <summary>A tab if the header contains tabs and no commas.</summary>
    static char Separator(string text)
    {
        var start = 0;
        while (start < text.Length && IsPassedOver(text[start]))
            start = NextLine(text, start);
        var header = text.AsSpan(start);
        header = header.IndexOfAny('\r', '\n') is >= 0 and var end ? header[..end] : header;
        return header.Contains('\t') && !header.Contains(',') ? '\t' : ',';
    }

    static bool IsPassedOver(char first) => first is '#' or '\n' or '\r';

    static int NextLine(string text, int at) => text.IndexOf('\n', at) is >= 0 and var end ? end + 1 : text.Length;

    static IEnumerable<(int Line, List<string?> Cells)> Lines(string path, string text, char separator)
    {
        var (at, line) = (0, 1);
        while (at < text.Length)
        {
            var first = line;
            if (IsPassedOver(text[at]))
            {
                at = NextLine(text, at);
                line++;
                continue;
            }
            var cells = new List<string?>();
            var more = true;
            while (more)
            {
                var cell = at < text.Length && text[at] == '"' ? Quoted(path, text, ref at, ref line) : Plain(text, ref at, separator);
                cells.Add(cell.Trim() is { Length: > 0 } content ? content : null);
                more = at < text.Length && text[at] == separator;
                if (more)
                    at++;
                else if (at < text.Length && text[at] is not ('\r' or '\n'))
                    throw new MalformedFileException(path, $"'{text[at]}' behind a closing quotation mark in line {line}",
                        "a separator or the end of the line");
            }
            at += at < text.Length && text[at] == '\r' ? 1 : 0;
            at += at < text.Length && text[at] == '\n' ? 1 : 0;
            line++;
            yield return (first, cells);
        }
    }

    static string Plain(string text, ref int at, char separator)
    {
        var start = at;
        while (at < text.Length && text[at] != separator && text[at] is not ('\r' or '\n'))
            at++;
        return text[start..at];
    }

    static string Quoted(string path, string text, ref int at, ref int line)
    {
        var (cell, first) = (new StringBuilder(), line);
        for (at++; at < text.Length; at++)
        {
            if (text[at] == '"' && (at + 1 >= text.Length || text[at + 1] != '"'))
            {
                at++;
                return cell.ToString();
            }
            at += text[at] == '"' ? 1 : 0;
            line += text[at] == '\n' ? 1 : 0;
            cell.Append(text[at]);
        }
        throw new MalformedFileException(path, $"a quotation mark in line {first} that nothing closes", "cells in whole quotation marks");
    }
}
