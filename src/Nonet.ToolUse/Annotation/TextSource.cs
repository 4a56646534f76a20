using System.Globalization;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Text;

namespace Nonet.ToolUse.Annotation;

/// <summary>The source of the texts to annotate: text files, JSONL or Parquet. They are streamed.</summary>
public sealed record TextSource
{
    /// <summary>The files, and how they are read.</summary>
    public required DataSource Data { get; init; }

    /// <summary>JSONL field with the date of the document, such as 2023-01-30. For a line without it, the date is searched in the address.</summary>
    public string DateField { get; init; } = "date";

    /// <summary>JSONL field with the address of the document, which may contain its date.</summary>
    public string AddressField { get; init; } = "url";

    /// <summary>Maximum number of tokens in a text. A longer document becomes several texts, which end after a paragraph, a sentence or a word.</summary>
    public int Tokens { get; init; } = 256;

    /// <summary>Maximum number of texts; null: all.</summary>
    public int? Limit { get; init; }

    /// <summary>The texts, in the order of the files.</summary>
    public IEnumerable<AnnotationText> Read(Tokenizer tokenizer) => Documents()
        .SelectMany(document => Pieces(document.Text, tokenizer, Tokens).Select(piece => (Text: piece, document.Date)))
        .Where(piece => !string.IsNullOrWhiteSpace(piece.Text)).Take(Limit ?? int.MaxValue)
        .Select((piece, number) => new AnnotationText(number, piece.Text) { Date = piece.Date });

    /// <summary>Splits a text into parts of at most some number of tokens.</summary>
    internal static IEnumerable<string> Pieces(string text, Tokenizer tokenizer, int tokens)
    {
        const int CharactersPerToken = 8, Shortest = 2; // encodes only as much of the text as a piece may need; does not split a surrogate pair
        for (var start = 0; start < text.Length;)
        {
            var length = Math.Min(text.Length - start, tokens * CharactersPerToken);
            for (var isCut = start + length == text.Length; ; isCut = true)
            {
                var ids = tokenizer.EncodePlain(text.Substring(start, length)).Length;
                if ((ids <= tokens && isCut) || length <= Shortest)
                    break;
                var most = ids > tokens ? (int)Math.Min(length - 1, (long)length * tokens / ids) : length;
                length = Math.Max(1, End(text.AsSpan(start, most)));
            }
            yield return text.Substring(start, length);
            start += length;
        }
    }

    /// <summary>Where a part may end: after its last paragraph, otherwise its last sentence, otherwise its last word; never within its first half.</summary>
    static int End(ReadOnlySpan<char> part)
    {
        var half = part.Length / 2;
        foreach (var (ending, kept) in new[] { ("\n", 1), (". ", 1), (" ", 0) }) // a space belongs to the word after it
        {
            var at = part.LastIndexOf(ending);
            if (at > half)
                return at + kept;
        }
        return part.Length > 1 && char.IsHighSurrogate(part[^1]) ? part.Length - 1 : part.Length;
    }

    IEnumerable<(string Text, DateOnly? Date)> Documents() => SourceFile.Of(Data).SelectMany(file => file.Format == DataFormat.Jsonl
        ? JsonlTexts.Read(file, Data.Field, "data.field", DateField, AddressField).Select(line => (line.Text, DateOf(line.Others[0], line.Others[1])))
        : Corpus.Read(Data with { Path = file.Path, Format = file.Format }).Select(document => (document.Text, (DateOnly?)null)));

    static DateOnly? DateOf(string? date, string? address) =>
        date is not null && date.Length >= 10
        && DateOnly.TryParseExact(date.AsSpan(0, 10), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day
        : address is not null ? TextChoice.DateOf(address) : null;
}
