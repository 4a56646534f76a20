using Nonet.Tensors;

namespace Nonet.Data.Masked;

/// <summary>Builds a batch from sequences end to end, with special tokens, segments and masks.</summary>
sealed class MaskedBatchBuilder(SentenceFile file, MaskedOptions options, MaskedMarks marks, Masking masking, int length)
{
    readonly List<int> ids = [], segments = [], positions = [], starts = [0], rows = [], targets = [], next = [];
    readonly int[] sequence = new int[length];
    readonly bool[] isMark = new bool[length];

    /// <param name="instance">Content of the sequence.</param>
    /// <param name="key">Seed, pass and site of the masks.</param>
    /// <param name="number">Number of the instance in its pass. It has its own part of the random stream.</param>
    public void Add(MaskedInstance instance, RandomKey key, long number)
    {
        isMark.AsSpan().Clear();
        var at = 0;
        Mark(ref at, marks.Begin);
        if (instance.Breaks == 0)
            Text(ref at, instance.First, instance.FirstLength);
        else
            Documents(ref at, instance);
        Mark(ref at, marks.Separator);
        var first = at;
        if (instance.SecondLength > 0)
        {
            Text(ref at, instance.Second, instance.SecondLength);
            Mark(ref at, marks.Separator);
        }
        var draws = new KeyedDraws(key, (ulong)number << 24);
        var before = rows.Count;
        masking.Apply(sequence.AsSpan(0, at), isMark.AsSpan(0, at), length, ref draws, rows, targets);
        for (var i = before; i < rows.Count; i++)
            rows[i] += starts[^1];
        ids.AddRange(sequence.AsSpan(0, at));
        for (var i = 0; i < at; i++)
        {
            positions.Add(i);
            segments.Add(i < first ? 0 : 1);
        }
        starts.Add(ids.Count);
        next.Add(instance.Random ? 1 : 0);
    }

    public MaskedBatch Build() => new()
    {
        Ids = [.. ids],
        Positions = [.. positions],
        Segments = [.. segments],
        Starts = [.. starts],
        MaskedRows = [.. rows],
        MaskedTargets = [.. targets],
        NextLabels = options.Packing == SentencePacking.Pairs ? [.. next] : null,
    };

    void Mark(ref int at, int id) => (sequence[at], isMark[at++]) = (id, true);

    void Text(ref int at, long start, int count)
    {
        file.Read(start, sequence.AsSpan(at, count));
        at += count;
    }

    /// <summary>Adds a text that crosses documents, with a separator before each new document.</summary>
    void Documents(ref int at, MaskedInstance instance)
    {
        var end = instance.First + instance.FirstLength;
        var document = file.DocumentOf(instance.First);
        for (var start = instance.First; start < end;)
        {
            var until = Math.Min(end, file.StartOfSentence(file.StartOfDocument(++document)));
            Text(ref at, start, (int)(until - start));
            start = until;
            if (start < end)
                Mark(ref at, marks.Separator);
        }
    }
}
