namespace Nonet.Text;

/// <summary>The two files of GPT-2's own tokenizer: the vocabulary as JSON, the merges as text.</summary>
static class Gpt2Files
{
    static readonly (string Vocabulary, string Merges)[] names = [("encoder.json", "vocab.bpe"), ("vocab.json", "merges.txt")];

    public static (string Vocabulary, string Merges)? FindIn(string folder)
    {
        foreach (var (vocabulary, merges) in names)
        {
            var (v, m) = (Path.Combine(folder, vocabulary), Path.Combine(folder, merges));
            if (File.Exists(v) && File.Exists(m))
                return (v, m);
        }
        return null;
    }
}
