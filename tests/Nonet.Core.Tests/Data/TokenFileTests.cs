using Nonet.Data;
using Nonet.Data.Corpora;
using Nonet.Files;
using Nonet.Text;

namespace Nonet.Tests.Data;

public sealed class TokenFileTests : IDisposable
{
    static readonly ByteTokenizer tokenizer = new();
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Write(params string[] texts)
    {
        TokenFile.Write(folder["a.tokens"], tokenizer, texts.Select((t, i) => new Document("a", i, t)));
        return folder["a.tokens"];
    }

    [Fact]
    public void Documents_are_joined_with_end_marks()
    {
        using var tokens = TokenFile.Open(Write("abé", "<|endoftext|>", "d"), tokenizer);
        var ids = new int[tokens.Count];
        tokens.Read(0, ids);
        Assert.Equal([.. "abé"u8.ToArray(), 256, .. "<|endoftext|>"u8.ToArray(), 256, 'd', 256], ids);
        Assert.Equal((257, 3L, 18L), (tokens.Vocab, tokens.Documents, tokens.TextBytes));
    }

    [Fact]
    public void Long_documents_and_wide_ids_are_whole()
    {
        var text = string.Concat(Enumerable.Range(0, 3000).Select(i => $"{i} "));
        using var tokens = TokenFile.Open(Write(text));
        var ids = new int[tokens.Count];
        tokens.Read(0, ids);
        Assert.Equal([.. tokenizer.Encode(text), 256], ids);
        var wide = new WideTokenizer();
        TokenFile.Write(folder["wide"], wide, [new Document("a", 0, "ab")]);
        using var w = TokenFile.Open(folder["wide"], wide);
        var three = new int[3];
        w.Read(0, three);
        Assert.Equal([70_097, 70_098, 70_256], three);
    }

    [Fact]
    public void Reading_outside_the_file_is_refused()
    {
        using var tokens = TokenFile.Open(Write("abc"));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokens.Read(-1, new int[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokens.Read(3, new int[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokens.Read(long.MaxValue, new int[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokens.Read(0, new int[5]));
        tokens.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tokens.Read(0, new int[1]));
    }

    [Fact]
    public void Another_tokenizer_is_named() =>
        Assert.Contains("tokenize the text again", Assert.Throws<MalformedFileException>(() => TokenFile.Open(Write("abc"), new WideTokenizer())).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData(0, (byte)'X', "NONETTOK")]
    [InlineData(8, (byte)9, "version 9")]
    [InlineData(12, (byte)3, "ids of 3 bytes")]
    [InlineData(16, (byte)0, "at byte 16 of the header")] // vocabulary 257 becomes 256: then an id is out of range
    [InlineData(24, (byte)3, "70 for 3 ids")]
    [InlineData(24, (byte)200, "at byte 24 of the header")]
    [InlineData(31, (byte)0x80, "at byte 24 of the header")]
    [InlineData(32, (byte)200, "at byte 32 of the header")]
    public void A_false_header_is_named(int at, byte value, string message)
    {
        var bytes = File.ReadAllBytes(Write("abc"));
        bytes[at] = value;
        if (at == 16)
            bytes[17] = 0;
        var path = folder.Add("bad", bytes);
        var e = Assert.Throws<MalformedFileException>(() => TokenFile.Open(path));
        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_truncation_is_malformed()
    {
        var whole = File.ReadAllBytes(Write("abc"));
        for (var length = 0; length < whole.Length; length++)
            Assert.Throws<MalformedFileException>(() => TokenFile.Open(folder.Add("cut", whole[..length])));
        Assert.Throws<MalformedFileException>(() => TokenFile.Open(folder.Add("long", [.. whole, 0])));
    }

    [Fact]
    public void An_id_beyond_the_vocabulary_is_named()
    {
        var bytes = File.ReadAllBytes(Write("abc"));
        bytes[8] = 1; // a file of version 1, which has no digest
        bytes[^1] = 2; // the end mark 256 becomes 512
        using var tokens = TokenFile.Open(folder.Add("bad", bytes));
        Assert.Contains("token id 512", Assert.Throws<MalformedFileException>(() => tokens.Read(0, new int[4])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(64), InlineData(70), InlineData(40), InlineData(48)] // ids, and what the header says of the text
    public void An_altered_byte_is_named(int at)
    {
        var bytes = File.ReadAllBytes(Write("abc"));
        bytes[at] ^= 1;
        var path = folder.Add("altered", bytes);
        var e = Assert.Throws<MalformedFileException>(() => TokenFile.Open(path));
        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("the file was changed", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_version_1_is_read()
    {
        var bytes = File.ReadAllBytes(Write("abc"));
        bytes[8] = 1;
        bytes.AsSpan(56, 8).Clear();
        using var tokens = TokenFile.Open(folder.Add("old", bytes));
        var ids = new int[4];
        tokens.Read(0, ids);
        Assert.Equal(['a', 'b', 'c', 256], ids);
    }

    [Fact]
    public void A_failed_write_leaves_no_file()
    {
        static IEnumerable<Document> Failing()
        {
            yield return new Document("a", 0, "abc");
            throw new IOException("gone");
        }
        Assert.Throws<IOException>(() => TokenFile.Write(folder["x"], tokenizer, Failing()));
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    /// <summary>Bytes at 70,000 and on: ids that need four bytes.</summary>
    sealed class WideTokenizer : Tokenizer
    {
        readonly ByteTokenizer bytes = new();

        public override string Kind => "wide";
        public override int Vocab => 70_257;
        public override int EndOfText => 70_256;
        internal override ReadOnlyMemory<byte> Definition => "wide"u8.ToArray();
        internal override ReadOnlyMemory<byte> Config => "{}"u8.ToArray();
        public override int[] Encode(string text, bool marks = true) => [.. bytes.Encode(text).Select(i => i + 70_000)];
        public override int[] EncodePlain(string text) => [.. bytes.EncodePlain(text).Select(i => i + 70_000)];
        public override Encoded EncodeFull(string text, string? pair = null, EncodeOptions? options = null) => bytes.EncodeFull(text, pair, options);
        public override ReadOnlySpan<byte> BytesOf(int id) => bytes.BytesOf(id - 70_000);
        public override string? TokenOf(int id) => bytes.TokenOf(id - 70_000);
        public override int? IdOf(string token) => bytes.IdOf(token) + 70_000;
        public override bool IsSpecial(int id) => bytes.IsSpecial(id - 70_000);
    }
}
