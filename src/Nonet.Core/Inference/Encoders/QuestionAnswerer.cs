using Nonet.Models;
using Nonet.Tensors;
using Nonet.Text;

namespace Nonet.Inference.Encoders;

/// <summary>A part of the passage that answers the question.</summary>
/// <param name="Text">Cut from the passage as it stands there; empty: there is no answer.</param>
/// <param name="Start">Where it begins, in UTF-16 units.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Score">Start logit plus end logit; of no answer, those of the first token.</param>
/// <param name="Probability">Among those that were found.</param>
public sealed record Answer(string Text, int Start, int End, double Score, double Probability);

/// <summary>Finds the answer to a question in a passage of any length, by windows over it.</summary>
public sealed class QuestionAnswerer
{
    readonly ModelText text;

    /// <exception cref="NotSupportedException">The checkpoint has another head.</exception>
    public QuestionAnswerer(ITaskModel model, Tokenizer tokenizer) => text = new ModelText(model, tokenizer).Expect(ModelHead.QuestionAnswering);

    /// <summary>Windows; one is at most as long as the model's context.</summary>
    public WindowOptions Windows { get; init; } = new();

    /// <summary>Settings of the search for answers.</summary>
    public SpanOptions Spans { get; init; } = new();

    /// <summary>
    /// There is no answer if the score of "no answer" exceeds that of the best answer by more than this (null_score_diff_threshold). Null: there is always
    /// one.
    /// </summary>
    public double? NullThreshold { get; init; }

    /// <summary>
    /// The answers, the best first. With a <see cref="NullThreshold"/> "no answer" is among them: first where the threshold says so, else last.
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
