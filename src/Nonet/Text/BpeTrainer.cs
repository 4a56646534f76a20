using System.Text;
using Nonet.Text.Json;

namespace Nonet.Text;

/// <summary>
/// Trains a byte-level BPE: the most frequent pair of adjacent tokens becomes a token, again and again. Sennrich et al. 2016, algorithm 1; over bytes as in Radford et al.
/// 2019, section 2.2. Of equally frequent pairs the one with the lower left id is first, then the lower right id, so that Hugging Face's tokenizers gives the same merges.
/// </summary>
public sealed class BpeTrainer
{
    readonly BpeTrainerOptions options;
    readonly PairTable pairs = new();
    readonly List<(int Left, int Right)> sides = [];
    readonly List<long> counts = [];
    readonly List<List<int>?> places = []; // words that hold the pair, or once did
    readonly PriorityQueue<int, (long Count, int Left, int Right)> queue = new(Comparer<(long Count, int Left, int Right)>.Create(
        (a, b) => a.Count != b.Count ? b.Count.CompareTo(a.Count) : (a.Left, a.Right).CompareTo((b.Left, b.Right))));
    readonly List<string> spellings = [];
    readonly Dictionary<string, int> ids = new(StringComparer.Ordinal);
    readonly List<string> merges = [];

    BpeTrainer(BpeTrainerOptions options)
    {
        this.options = options;
        foreach (var special in options.Special)
            AddToken(special);
        foreach (var character in Enumerable.Range(0, 256).Select(b => ByteAlphabet.Character((byte)b)).Order())
            AddToken(character.ToString());
    }

    /// <param name="texts">What to learn from; read once, as a stream. Special tokens in them are text like any other.</param>
    /// <param name="options">What determines the result.</param>
    /// <param name="threads">Threads that read and count; null: all cores. The result is the same with any number.</param>
    /// <param name="progress">Called from several threads.</param>
    /// <param name="stopping">Ends it with an <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">An option makes no sense, or there is no text.</exception>
    public static PipelineTokenizer Train(
        IEnumerable<string> texts, BpeTrainerOptions options, int? threads = null, IProgress<BpeTrainingProgress>? progress = null, CancellationToken stopping = default)
    {
        options.Check();
        if (threads < 1)
            throw new ArgumentException($"threads is {threads}: at least 1 is needed");
        var pattern = options.Pattern == SplitPattern.Gpt2 ? null : Cl100kSplit.Pattern;
        var characters = 0L;
        var counted = progress is null ? null : new Forward(p => progress.Report(p with { Characters = characters = p.Characters }));
        var words = WordCounts.Count(texts, WordSplit.Known(pattern ?? Gpt2Split.Pattern)!, threads ?? Environment.ProcessorCount, counted, stopping);
        if (words.Count == 0)
            throw new ArgumentException("there is no text to train a tokenizer on");
        var trainer = new BpeTrainer(options);
        trainer.Merge(trainer.Spell(words), tokens => progress?.Report(new BpeTrainingProgress(characters, words.Count, tokens)), stopping);
        var vocabulary = trainer.spellings.Select((token, id) => KeyValuePair.Create(token, id)).ToList();
        return new PipelineTokenizer(TokenizerJson.Parse(
            Tokenizer.FileName, TokenizerJsonWriter.ByteLevelBpe(vocabulary, trainer.merges, [.. options.Special.Select((s, i) => KeyValuePair.Create(s, i))], pattern),
            TokenizerJsonWriter.Config(options.Special[0])));
    }

    sealed class Forward(Action<BpeTrainingProgress> report) : IProgress<BpeTrainingProgress>
    {
        public void Report(BpeTrainingProgress value) => report(value);
    }

    int AddToken(string spelling)
    {
        ids.Add(spelling, spellings.Count);
        spellings.Add(spelling);
        return spellings.Count - 1;
    }

    /// <summary>A word as ids: those that are used come first.</summary>
    struct Word
    {
        public int[] Ids;
        public int Length;
        public long Count;
    }

    Word[] Spell(Dictionary<string, long> counted)
    {
        var byteIds = Enumerable.Range(0, 256).Select(b => ids[ByteAlphabet.Character((byte)b).ToString()]).ToArray();
        var words = new Word[counted.Count];
        var i = 0;
        foreach (var (word, count) in counted)
        {
            var utf8 = Encoding.UTF8.GetBytes(word);
            words[i++] = new Word { Ids = Array.ConvertAll(utf8, b => byteIds[b]), Length = utf8.Length, Count = count };
        }
        return words;
    }

    void Merge(Word[] words, Action<int> report, CancellationToken stopping)
    {
        for (var w = 0; w < words.Length; w++)
        {
            var word = words[w];
            for (var i = 0; i < word.Length - 1; i++)
                Change(word.Ids[i], word.Ids[i + 1], word.Count, w);
        }
        for (var pair = 0; pair < counts.Count; pair++)
            queue.Enqueue(pair, (counts[pair], sides[pair].Left, sides[pair].Right));
        var grown = new HashSet<int>();
        while (spellings.Count < options.Vocab && queue.TryDequeue(out var best, out var priority))
        {
            stopping.ThrowIfCancellationRequested();
            var (left, right) = sides[best];
            if (priority.Count != counts[best]) // it has changed since it was queued
            {
                if (counts[best] > 0)
                    queue.Enqueue(best, (counts[best], left, right));
                continue;
            }
            if (priority.Count < options.MinFrequency)
                break;
            var spelling = spellings[left] + spellings[right];
            var joined = ids.TryGetValue(spelling, out var known) ? known : AddToken(spelling); // two pairs may spell the same token
            merges.Add($"{spellings[left]} {spellings[right]}");
            var at = places[best]!;
            places[best] = null;
            foreach (var w in at)
                Replace(ref words[w], w, left, right, joined, grown);
            counts[best] = 0;
            foreach (var pair in grown)
            {
                if (counts[pair] > 0)
                    queue.Enqueue(pair, (counts[pair], sides[pair].Left, sides[pair].Right));
            }
            grown.Clear();
            if (spellings.Count % 64 == 0)
                report(spellings.Count);
        }
        report(spellings.Count);
    }

    /// <summary>Joins a pair wherever a word has it, from the left, and counts the pairs that go and come.</summary>
    void Replace(ref Word word, int w, int left, int right, int joined, HashSet<int> grown)
    {
        var (from, to, old) = (word.Ids, 0, word.Length);
        for (var i = 0; i < old; to++)
        {
            if (i == old - 1 || from[i] != left || from[i + 1] != right)
            {
                from[to] = from[i++];
                continue;
            }
            if (to > 0)
            {
                Change(from[to - 1], left, -word.Count, w);
                grown.Add(Change(from[to - 1], joined, word.Count, w));
            }
            if (i + 2 < old)
            {
                Change(right, from[i + 2], -word.Count, w);
                grown.Add(Change(joined, from[i + 2], word.Count, w));
            }
            from[to] = joined;
            i += 2;
        }
        word.Length = to;
    }

    /// <summary>Counts a pair in a word. Returns its number.</summary>
    int Change(int left, int right, long by, int word)
    {
        var pair = pairs.Add(left, right);
        if (pair == counts.Count)
        {
            sides.Add((left, right));
            counts.Add(0);
            places.Add([]);
        }
        counts[pair] += by;
        if (by > 0)
        {
            var at = places[pair] ??= [];
            if (at.Count == 0 || at[^1] != word)
                at.Add(word);
        }
        return pair;
    }
}
