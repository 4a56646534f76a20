using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Inference.Encoders;

/// <summary>A part of the passage that answers the question.</summary>
/// <param name="Text">The part of the passage; empty: no answer.</param>
/// <param name="Start">Start in the passage, in UTF-16 units.</param>
/// <param name="End">End in the passage, exclusive.</param>
/// <param name="Score">Start logit plus end logit; for "no answer", those of the first token.</param>
/// <param name="Probability">Probability among the answers found.</param>
public sealed record Answer(string Text, int Start, int End, double Score, double Probability);

/// <summary>Finds the answer to a question in a passage of any length, which it reads in windows.</summary>
public sealed class QuestionAnswerer
{
    readonly ModelText text;

    /// <exception cref="NotSupportedException">The checkpoint has another head.</exception>
    public QuestionAnswerer(ITaskModel model, Tokenizer tokenizer) => text = new ModelText(model, tokenizer).Expect(ModelHead.QuestionAnswering);

    /// <summary>Settings of the windows. A window is never longer than the model's context.</summary>
    public WindowOptions Windows { get; init; } = new();

    /// <summary>Settings of the search for answers.</summary>
    public SpanOptions Spans { get; init; } = new();

    /// <summary>
    /// The prediction is "no answer" if its score exceeds that of the best answer by more than this (null_score_diff_threshold). Null: every question has an
    /// answer.
    /// </summary>
    public double? NullThreshold { get; init; }

    /// <summary>
    /// The answers, the best first. With a <see cref="NullThreshold"/>, "no answer" is one of them: the first if its score exceeds the threshold, otherwise
    /// the last.
    /// </summary>
    public IReadOnlyList<Answer> Find(string question, string passage)
    {
        var windows = PassageWindows.Of(text.Tokenizer, question, passage, Windows with { MaxLength = Math.Min(Windows.MaxLength, text.Model.Context) });
        var (starts, ends) = Logits(windows);
        var found = SpanSearch.Find(windows, starts, ends, Spans);
        var scores = found.Spans.Select(s => s.Score).ToList();
        if (NullThreshold is not null || scores.Count == 0)
            scores.Add(found.NullScore);
        var p = ModelText.Softmax(scores);
        List<Answer> answers = [.. found.Spans.Select((s, i) => new Answer(passage[s.Start..s.End], s.Start, s.End, s.Score, p[i]))];
        if (scores.Count > answers.Count)
        {
            var none = new Answer("", 0, 0, found.NullScore, p[^1]);
            answers.Insert(found.NullMargin > (NullThreshold ?? 0) ? 0 : answers.Count, none);
        }
        return answers;
    }

    /// <summary>Start and end logits of each window.</summary>
    (List<float[]> Starts, List<float[]> Ends) Logits(IReadOnlyList<PassageWindow> windows)
    {
        var (starts, ends) = (new List<float[]>(), new List<float[]>());
        foreach (var chunk in windows.Chunk(Math.Max(1, text.BatchTokens / windows.Max(w => w.Tokens.Count))))
        {
            using var scope = new TensorScope();
            var (hidden, batch) = text.Forward([.. chunk.Select(w => new EncoderInput(w.Tokens, 0))]);
            var rows = ModelText.FiniteRows(text.Model.Task(hidden, batch)).ToArray();
            var at = 0;
            foreach (var window in chunk)
            {
                var own = rows.AsSpan(at, window.Tokens.Count).ToArray();
                starts.Add([.. own.Select(r => r[0])]);
                ends.Add([.. own.Select(r => r[1])]);
                at += own.Length;
            }
        }
        return (starts, ends);
    }
}
