using System.Buffers.Binary;
using System.IO.Compression;
using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Data.Masked;
using Nonet.Fuzz.Making;
using Nonet.Text;

namespace Nonet.Fuzz.Readers;

/// <summary>Token files of the two kinds, headers and positions damaged.</summary>
sealed class TokenShards : Reader
{
    static readonly ByteTokenizer tokenizer = new();

    static readonly Lazy<(byte[] Tokens, byte[] Sentences)> seeds = new(() =>
    {
        var tokens = SoundModels.Made(folder =>
            TokenFile.Write(Path.Combine(folder, "x"), tokenizer,
            [new Document("x", 0, "one text"), new Document("x", 1, "another"), new Document("x", 2, "a third one")]));
        var sentences = SoundModels.Made(folder =>
        {
            using var stream = new FileStream(Path.Combine(folder, "x"), FileMode.Create, FileAccess.ReadWrite);
            var writer = new SentenceFileWriter(stream, tokenizer, 64);
            writer.Add([[1, 2, 3], [4, 5]], 10);
            writer.Add([[6], [7, 8, 9, 10]], 12);
            writer.Finish();
        });
        return (tokens.Values.Single(), sentences.Values.Single());
    });

    public override string Name => "token files";

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var plain = dice.OneIn(2);
        var seed = plain ? seeds.Value.Tokens : seeds.Value.Sentences;
        Write(folder, "train.bin", sound ? seed : Damaged(seed, dice));
        var path = Path.Combine(folder, "train.bin");
        return plain ? () =>
        {
            using var file = TokenFile.Open(path, tokenizer);
            file.Read(0, new int[Math.Min(file.Count, 1 << 16)]);
            file.Read(Math.Max(0, file.Count - 3), new int[Math.Min(file.Count, 3)]);
        }
        : () =>
        {
            using var file = SentenceFile.Open(path, tokenizer);
            file.Read(0, new int[Math.Min(file.Count, 1 << 16)]);
            for (var d = 0L; d < Math.Min(file.Documents, 100); d++)
                file.StartOfDocument(d);
            for (var s = 0L; s < Math.Min(file.Sentences, 100); s++)
                file.StartOfSentence(s);
            for (var t = 0L; t < Math.Min(file.Count, 100); t++)
                file.DocumentOf(t);
        };
    }

    /// <summary>A field of the header, which are 8 bytes each, or any bytes.</summary>
    static byte[] Damaged(byte[] seed, Dice dice)
    {
        if (dice.OneIn(2))
            return ByteDamage.Of(seed, dice, 128);
        var bytes = (byte[])seed.Clone();
        for (var times = 1 + dice.Below(2); times > 0; times--)
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8 * dice.Below(bytes.Length / 8)), dice.Of(dice.Number(), dice.Below(20)));
        return bytes;
    }
}

/// <summary>JSON Lines, plain and gzip.</summary>
sealed class JsonLines : Reader
{
    const string Seed = """
        {"id": 1, "text": "one é", "deep": {"text": "no", "list": [1, {}]}}
        {"text": "two \n lines", "meta": null}
        {"list": [true, false, 1e9], "text": "three"}

        """;

    public override string Name => "JSON Lines";

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var content = sound ? SoundModels.Utf8(Seed) : RunFolders.Lines(Seed, dice);
        var gzip = dice.OneIn(4);
        var name = gzip ? "x.jsonl.gz" : "x.jsonl";
        Write(folder, name, gzip ? PlainText.Gzip(content, sound ? null : dice) : content);
        var source = new DataSource { Path = Path.Combine(folder, name), SkipBroken = dice.OneIn(3) };
        return () => Documents(source);
    }

    public static void Documents(DataSource source)
    {
        foreach (var _ in Corpus.Read(source))
        {
        }
    }
}

/// <summary>Text files, plain and gzip, one of them small when packed.</summary>
sealed class PlainText : Reader
{
    const string Seed = "CHAPTER I\n\nIt was a dark night. é 中文 😀\n\nCHAPTER II\n\nThe end.\n<|end|>more\n";

    public override string Name => "text files";

    public override int Share => 2;

    public override Action Prepare(Dice dice, string folder, bool sound)
    {
        var content = sound ? SoundModels.Utf8(Seed) : TextDamage.Of(Seed, dice);
        var gzip = dice.OneIn(2);
        if (!sound && dice.OneIn(200))
            content = new byte[200 << 20];
        Write(folder, gzip ? "x.txt.gz" : "x.txt", gzip ? Gzip(content, sound ? null : dice) : content);
        var cut = dice.Of(DocumentCut.File, DocumentCut.Chapters, DocumentCut.Separator);
        var source = new DataSource
        {
            Path = Path.Combine(folder, gzip ? "x.txt.gz" : "x.txt"),
            Documents = cut,
            Separator = cut == DocumentCut.Separator ? "<|end|>" : null
        };
        return () => JsonLines.Documents(source);
    }

    public static byte[] Gzip(byte[] content, Dice? dice)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(content);
        return dice?.OneIn(2) == true ? ByteDamage.Of(packed.ToArray(), dice) : packed.ToArray();
    }
}
