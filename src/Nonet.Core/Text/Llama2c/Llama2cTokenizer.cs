using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Nonet.Files;
using Nonet.Text.SentencePiece;

namespace Nonet.Text.Llama2c;

/// <summary>
/// The tokenizer of llama2.c: the length of the longest token, then the score, length and bytes of each token, with plain spaces. The first
/// three tokens are unknown, begin and end; 256 bytes follow unless the vocabulary has none. Format: karpathy/llama2.c, tokenizer.py.
/// </summary>
static class Llama2cTokenizer
{
    const int Marks = 3, Bytes = 256, MostBytes = 1 << 28, LongestToken = 1 << 16;

    /// <summary>
    /// The tokenizer beside a checkpoint: for example tok512.bin for a vocabulary of 512, otherwise tokenizer.bin; null if neither exists.
    /// </summary>
    public static string? Beside(string checkpoint, int vocab)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(checkpoint))!;
        return Array.Find(Names(vocab).Select(name => Path.Combine(folder, name)).ToArray(), File.Exists);
    }

    static string NameOf(int value) => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>");

    /// <summary>Possible names of such a file.</summary>
    public static string[] Names(int vocab) => [string.Create(CultureInfo.InvariantCulture, $"tok{vocab}.bin"), "tokenizer.bin"];

    public static Tokenizer Open(string path, int vocab)
    {
        var length = new FileInfo(path).Length;
        if (length > MostBytes)
            throw new MalformedFileException(path, $"{length} bytes", $"a llama2.c tokenizer of at most {MostBytes}");
        var (content, at) = (File.ReadAllBytes(path), 4);
        if (vocab <= Marks)
            throw new NotSupportedException($"{path}: the model has {vocab} tokens; expected more than the {Marks} marks");
        var pieces = new List<ScoredPiece>(Math.Min(vocab, content.Length / 8));
        while (pieces.Count < vocab)
            pieces.Add(Read(pieces.Count));
        if (at != content.Length)
            throw new MalformedFileException(path, $"{content.Length - at} bytes behind {vocab} tokens", "as many tokens as the model has");
        var hasBytes = pieces.Count >= Marks + Bytes && Enumerable.Range(0, Bytes).All(b => pieces[Marks + b].Text == NameOf(b));
        if (hasBytes)
        {
            for (var id = Marks; id < Marks + Bytes; id++)
                pieces[id] = new ScoredPiece(pieces[id].Text, pieces[id].Score, PieceType.Byte);
        }
        return new SentencePieceTokenizer
        {
            Definition = new SentencePieceDefinition
            {
                Kind = SentencePieceKind.Bpe,
                Pieces = pieces,
                Bos = 1,
                Eos = 2,
                ByteFallback = hasBytes,
                RemoveExtraSpaces = false
            },
            File = path,
            AddBos = true,
        }.Build();

        ScoredPiece Read(int id)
        {
            if (at > content.Length - 8)
                throw new MalformedFileException(path, $"{content.Length} bytes, which end before token {id}", $"{vocab} tokens, as many as the model has");
            var (score, size) = (BinaryPrimitives.ReadSingleLittleEndian(content.AsSpan(at)), BinaryPrimitives.ReadInt32LittleEndian(content.AsSpan(at + 4)));
            at += 8;
            if (size < 1 || size > Math.Min(LongestToken, content.Length - at))
                throw new MalformedFileException(path, $"token {id} of {size} bytes, of which the file has {content.Length - at}",
                    "at least one, and a complete file; is it truncated?");
            if (float.IsNaN(score))
                throw new MalformedFileException(path, $"token {id} with a score that is no number", "a score");
            var bytes = content.AsSpan(at, size);
            at += size;
            if (!System.Text.Unicode.Utf8.IsValid(bytes))
                throw new MalformedFileException(path, $"token {id}, which is not UTF-8", "UTF-8");
            var text = Encoding.UTF8.GetString(bytes);
            return id switch
            {
                // llama2.c writes them with line ends
                < Marks => new ScoredPiece(id switch { 0 => "<unk>", 1 => "<s>", _ => "</s>" }, score, id == 0 ? PieceType.Unknown : PieceType.Control),
                _ => new ScoredPiece(text.Replace(' ', '\u2581'), score),
            };
        }
    }
}
