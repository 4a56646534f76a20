using System.Text.Json;
using Nonet.Files;

namespace Nonet.ToolUse.Indexing;

/// <summary>
/// The files of an index. Numbers are little-endian. passages.bin: for each passage, the bytes of its title, a zero byte, and the bytes of its text.
/// passages.idx: N + 1 offsets (u64) into passages.bin. lengths.bin: number of terms in each passage (u16). terms.bin: the terms, concatenated in byte order.
/// terms.idx: for each term, and for an end mark, its offset in terms.bin (u64), the offset of its postings (u64) and its number of passages (u32).
/// postings.bin: for each passage of a term, a varint of twice the distance to the previous passage (for the first: to -1), plus 1 if the term occurs there
/// more than once; in that case, a varint of the number of occurrences follows.
/// </summary>
static class IndexFiles
{
    public const string Header = "index.json", Passages = "passages.bin", PassageOffsets = "passages.idx", Lengths = "lengths.bin", Terms = "terms.bin",
        TermOffsets = "terms.idx", Postings = "postings.bin";

    public const string Format = "nonet-bm25";
    public const int Version = 1, TermRecord = 20;

    public static readonly string[] Data = [Passages, PassageOffsets, Lengths, Terms, TermOffsets, Postings];

    public static void WriteHeader(string folder, int passages, int terms, long allTerms) => AtomicFile.Write(Path.Combine(folder, Header), stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteNumber("version", Version);
        json.WriteNumber("passages", passages);
        json.WriteNumber("terms", terms);
        json.WriteNumber("all_terms", allTerms);
        json.WriteStartObject("bytes");
        foreach (var name in Data)
            json.WriteNumber(name, new FileInfo(Path.Combine(folder, name)).Length);
        json.WriteEndObject();
        json.WriteEndObject();
    });
}
