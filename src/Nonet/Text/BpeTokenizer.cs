using System.Text;
using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;
using Nonet.Formats;

namespace Nonet.Text;

/// <summary>Byte-level BPE (Radford et al. 2019; Sennrich et al. 2016), merged by Microsoft.ML.Tokenizers.</summary>
public sealed class BpeTokenizer : Tokenizer
{
    readonly TokenizerJson json;
    readonly Microsoft.ML.Tokenizers.BpeTokenizer merger;
    readonly PreTokenizer? split;
    readonly Regex? added;
    readonly Dictionary<string, int> addedIds;
    readonly Dictionary<string, int>? wholeWords;
    readonly byte[]?[] bytes;

    internal BpeTokenizer(TokenizerJson json)
    {
        this.json = json;
        bytes = TokenBytes(json);
        split = json.Split switch
        {
            null => new Gpt2Split(),
            "" => null,
            var pattern => new RegexPreTokenizer(new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.Compiled), null),
        };
        addedIds = json.Added.ToDictionary(a => a.Content, a => a.Id, StringComparer.Ordinal);
        if (addedIds.Count > 0) // the leftmost, and of those the longest
            added = new Regex(string.Join('|', addedIds.Keys.OrderByDescending(k => k.Length).Select(Regex.Escape)), RegexOptions.CultureInvariant);
        wholeWords = json.IgnoreMerges ? new Dictionary<string, int>(json.Vocabulary, StringComparer.Ordinal) : null;
        merger = Microsoft.ML.Tokenizers.BpeTokenizer.Create(new BpeOptions(json.Vocabulary) { Merges = json.Merges, ByteLevel = true, PreTokenizer = split });
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
        return new BpeTokenizer(TokenizerJson.Parse(vocabularyFile, TokenizerJson.Write(vocabulary, merges, ByteTokenizer.EndText, vocabulary[end].Value, splitWords: true)));
    }

    public override int[] Encode(string text, bool marks = true)
    {
        var ids = new List<int>(text.Length / 3 + 4);
        if (marks)
            ids.AddRange(json.Before);
        var start = 0;
        for (var match = added?.Match(text); match is { Success: true }; match = match.NextMatch())
        {
            Append(text[start..match.Index], ids);
            ids.Add(addedIds[match.Value]);
            start = match.Index + match.Length;
        }
        Append(text[start..], ids);
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

    void Append(string text, List<int> ids)
    {
        if (text.Length == 0)
            return;
        if (json.AddPrefixSpace && text[0] != ' ')
            text = ' ' + text;
        if (wholeWords is null)
        {
            ids.AddRange(merger.EncodeToIds(text, considerPreTokenization: split is not null));
            return;
        }
        foreach (var (offset, length) in split?.PreTokenize(text) ?? [(0, text.Length)])
        {
            var word = text.Substring(offset, length);
            if (wholeWords.TryGetValue(string.Concat(Encoding.UTF8.GetBytes(word).Select(ByteAlphabet.Character)), out var id))
                ids.Add(id);
            else
                ids.AddRange(merger.EncodeToIds(word, considerPreTokenization: false));
        }
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
