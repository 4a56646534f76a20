using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using Nonet.Files;

namespace Nonet.Text.Tiktoken;

/// <summary>
/// Reads ranks of a byte-level BPE in tiktoken's format: one line per token with its bytes in base64, a space, and its rank, which is its
/// id. LLaMA 3's tokenizer.model has this format.
/// </summary>
sealed class TiktokenRanks
{
    const int MostBytes = 1 << 28, MostRanks = 1 << 24, LongestLine = 1024;

    /// <summary>Largest number of bytes in a token.</summary>
    public const int LongestToken = 512;

    TiktokenRanks(Dictionary<string, int> vocabulary) => (Vocabulary, Ordered) = (vocabulary, [.. vocabulary.OrderBy(t => t.Value)]);

    /// <summary>Tokens, spelled in <see cref="ByteAlphabet"/>, and their ids.</summary>
    public Dictionary<string, int> Vocabulary { get; }

    /// <summary>Tokens ordered by id.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> Ordered { get; }

    /// <summary>Whether a file has this form.</summary>
    public static bool Is(string path)
    {
        using var stream = File.OpenRead(path);
        var beginning = new byte[LongestLine];
        return Is(beginning.AsSpan(0, stream.ReadAtLeast(beginning, beginning.Length, throwOnEndOfStream: false)));
    }

    /// <summary>Whether bytes begin with a line of this form.</summary>
    public static bool Is(ReadOnlySpan<byte> beginning)
    {
        var end = beginning.IndexOf((byte)'\n');
        return Line(end < 0 ? beginning : beginning[..end], new byte[LongestLine], out _) > 0;
    }

    /// <exception cref="MalformedFileException">A line is invalid, a token or rank occurs twice, or a byte is not a token.</exception>
    public static TiktokenRanks Read(string file)
    {
        var length = new FileInfo(file).Length;
        if (length > MostBytes)
            throw new MalformedFileException(file, $"{length} bytes", $"ranks in at most {MostBytes}");
        ReadOnlySpan<byte> content = File.ReadAllBytes(file);
        var (vocabulary, number, bytes) = (new Dictionary<string, int>(content.Length / 8, StringComparer.Ordinal), 0, new byte[LongestLine]);
        foreach (var range in content.Split((byte)'\n'))
        {
            number++;
            var line = content[range].TrimEnd((byte)'\r');
            if (line.IsEmpty)
                continue;
            var count = Line(line, bytes, out var rank);
            if (count == 0)
                throw new MalformedFileException(file, $"line {number}: '{Shown(line)}'",
                    $"a token of at most {LongestToken} bytes in base64, a space and a rank below {MostRanks}");
            if (!vocabulary.TryAdd(ByteAlphabet.Spell(bytes.AsSpan(0, count)), rank))
                throw new MalformedFileException(file, $"line {number}: '{Shown(line)}', a token that appeared before", "each token once");
        }
        for (var b = 0; b < 256; b++)
        {
            if (!vocabulary.ContainsKey(ByteAlphabet.Character((byte)b).ToString()))
                throw new MalformedFileException(file, string.Create(CultureInfo.InvariantCulture, $"no token for the byte 0x{b:X2}"),
                    "all 256 bytes among the tokens");
        }
        var ranks = new TiktokenRanks(vocabulary);
        for (var i = 1; i < ranks.Ordered.Count; i++)
        {
            if (ranks.Ordered[i].Value == ranks.Ordered[i - 1].Value)
                throw new MalformedFileException(file, $"the rank {ranks.Ordered[i].Value} twice", "ranks that differ");
        }
        return ranks;
    }

    /// <summary>Number of bytes of a line's token; 0 if the line is invalid.</summary>
    static int Line(ReadOnlySpan<byte> line, Span<byte> bytes, out int rank)
    {
        rank = 0;
        line = line.TrimEnd((byte)'\r');
        var space = line.IndexOf((byte)' ');
        return space > 0 && line.Length <= LongestLine && Utf8Parser.TryParse(line[(space + 1)..], out rank, out var read) && read == line.Length - space - 1
            && rank is >= 0 and < MostRanks
            && Base64.DecodeFromUtf8(line[..space], bytes, out _, out var written) == OperationStatus.Done && written <= LongestToken ? written : 0;
    }

    static string Shown(ReadOnlySpan<byte> line) => System.Text.Encoding.Latin1.GetString(line.Length <= 40 ? line : line[..40]);
}
