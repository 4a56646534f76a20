using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;
using Nonet.Formats;

namespace Nonet.Text;

/// <summary>Byte-level BPE (Radford et al. 2019; Sennrich et al. 2016). Can be used by several threads at once.</summary>
public sealed class BpeTokenizer : Tokenizer
{
    readonly TokenizerJson json;
    readonly BpeMerges merges;
    readonly WordSplit split;
    readonly ConcurrentBag<WordEncoder> idle = [];
    readonly Regex? added;
    readonly Dictionary<string, int> addedIds;
    readonly IReadOnlyDictionary<string, int>? wholeWords;
    readonly byte[]?[] bytes;

    internal BpeTokenizer(TokenizerJson json)
    {
        this.json = json;
        bytes = TokenBytes(json);
        split = WordSplit.From(json.Split);
        addedIds = json.Added.ToDictionary(a => a.Content, a => a.Id, StringComparer.Ordinal);
        if (addedIds.Count > 0) // the leftmost, and of those the longest
            added = new Regex(string.Join('|', addedIds.Keys.OrderByDescending(k => k.Length).Select(Regex.Escape)), RegexOptions.CultureInvariant);
        wholeWords = json.IgnoreMerges ? json.Vocabulary : null;
        merges = new BpeMerges([.. Enumerable.Range(0, 256).Select(b => json.Vocabulary[ByteAlphabet.Character((byte)b).ToString()])], json.Merges.Select(Ids));
    }

    (int, int, int) Ids(string merge)
    {
        var space = merge.IndexOf(' ', StringComparison.Ordinal);
        return (json.Vocabulary[merge[..space]], json.Vocabulary[merge[(space + 1)..]], json.Vocabulary[merge.Remove(space, 1)]);
    }

    public override int Vocab => bytes.Length;
    public override int EndOfText => json.EndOfText;
    internal override ReadOnlyMemory<byte> Definition => json.Content;
    internal override ReadOnlyMemory<byte> Config => json.ConfigContent;

    /// <summary>Opens a tokenizer.json, and the tokenizer_config.json beside it where there is one.</summary>
    public static BpeTokenizer FromFile(string file)
    {
        var config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, ConfigFileName);
        return new BpeTokenizer(TokenizerJson.Read(file, File.Exists(config) ? config : null));
    }

    /// <summary>Opens GPT-2's own files: encoder.json and vocab.bpe (vocab.json and merges.txt elsewhere).</summary>
    public static BpeTokenizer FromGpt2(string vocabularyFile, string mergesFile)
    {
        var fields = JsonFields.Read(vocabularyFile);
        var vocabulary = TokenizerJson.ReadVocabulary(fields).ToList();
        var merges = File.ReadLines(mergesFile).Where((line, i) => line.Length > 0 && !(i == 0 && line.StartsWith("#version", StringComparison.Ordinal))).ToList();
        var end = vocabulary.FindIndex(p => p.Key == ByteTokenizer.EndText);
        if (end < 0)
            throw new MalformedFileException(vocabularyFile, $"no token {ByteTokenizer.EndText}", "GPT-2's vocabulary");
        return new BpeTokenizer(TokenizerJson.Parse(vocabularyFile, TokenizerJson.Write(vocabulary, merges, [vocabulary[end]], split: null)));
    }

    public override int[] Encode(string text, bool marks = true)
    {
        var ids = new List<int>(text.Length / 3 + 4);
        if (marks)
            ids.AddRange(json.Before);
        var start = 0;
        for (var match = added?.Match(text); match is { Success: true }; match = match.NextMatch())
        {
            Append(text.AsSpan(start, match.Index - start), ids);
            ids.Add(addedIds[match.Value]);
            start = match.Index + match.Length;
        }
        Append(text.AsSpan(start), ids);
        if (marks)
            ids.AddRange(json.After);
        return [.. ids];
    }

    public override int[] EncodePlain(string text)
    {
        var ids = new List<int>(text.Length / 3 + 4);
        Append(text, ids);
        return [.. ids];
    }

    public override ReadOnlySpan<byte> BytesOf(int id) => (uint)id < (uint)bytes.Length ? bytes[id] : throw OutOfRange(id);

    void Append(ReadOnlySpan<char> text, List<int> ids)
    {
        if (text.IsEmpty)
            return;
        if (!idle.TryTake(out var encoder))
            encoder = new WordEncoder(split, Merge);
        encoder.Append(json.AddPrefixSpace && text[0] != ' ' ? string.Concat(" ", text) : text, ids);
        idle.Add(encoder);
    }

    int[] Merge(byte[] word)
    {
        if (wholeWords is not null && wholeWords.TryGetValue(ByteAlphabet.Spell(word), out var id))
            return [id];
        return merges.Merge(word);
    }

    /// <summary>The bytes of every id; an id that the file skips has none and never comes out of Encode.</summary>
    static byte[]?[] TokenBytes(TokenizerJson json)
    {
        var file = Tokenizer.FileName;
        const int Most = 1 << 24;
        var last = Math.Max(json.Vocabulary.Values.DefaultIfEmpty(-1).Max(), json.Added.Select(a => a.Id).DefaultIfEmpty(-1).Max());
        if (last >= Most)
            throw new MalformedFileException(file, $"token id {last}", $"ids below {Most}");
        var bytes = new byte[]?[last + 1];
        foreach (var (token, id) in json.Vocabulary)
            bytes[id] = ByteAlphabet.Bytes(token) ?? Encoding.UTF8.GetBytes(token);
        foreach (var token in json.Added)
            bytes[token.Id] = Encoding.UTF8.GetBytes(token.Content);
        for (var b = 0; b < 256; b++)
        {
            if (!json.Vocabulary.ContainsKey(ByteAlphabet.Character((byte)b).ToString()))
                throw new MalformedFileException(file, $"no token for byte 0x{b:X2}", "all 256 bytes in a byte-level vocabulary");
        }
        foreach (var merge in json.Merges)
        {
            var space = merge.IndexOf(' ', StringComparison.Ordinal);
            var known = space >= 0 && new[] { merge.Remove(space, 1), merge[..space], merge[(space + 1)..] }.All(json.Vocabulary.ContainsKey);
            if (!known)
                throw new MalformedFileException(file, $"merge '{merge}'", "two tokens of the vocabulary whose join is one");
        }
        return bytes;
    }
}
