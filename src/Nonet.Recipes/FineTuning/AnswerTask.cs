using System.Globalization;
using Nonet.Data.Tasks;
using Nonet.Evaluation.Metrics;
using Nonet.Files;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Recipes.Runs;
using Nonet.Tensors;

namespace Nonet.Recipes.FineTuning;

/// <summary>Finds the answer to a question in a passage, or predicts that it has none. Devlin et al. 2018, sections 4.2 and 4.3.</summary>
sealed class AnswerTask : FineTuneTask
{
    /// <param name="Window">A part of the passage.</param>
    /// <param name="Start">First token of the answer; 0, the first special token, if the part does not contain the answer.</param>
    /// <param name="End">Last token of the answer.</param>
    sealed record Target(PassageWindow Window, int Start, int End);

    readonly PassageQuestion[] train, heldOut;
    readonly WindowOptions windows;
    readonly long mismatched;
    Target[] targets = [];
    PassageWindow[][] heldOutWindows = [];

    public AnswerTask(Passages train, Passages? validation, WindowOptions windows, double share, ulong seed)
    {
        (this.windows, mismatched) = (windows, train.Mismatched + (validation?.Mismatched ?? 0));
        (this.train, heldOut) = Split(train.Questions, validation?.Questions, share, seed, q => q.Context); // a passage's questions are all on the same side
    }

    public override string Outline => string.Create(CultureInfo.InvariantCulture,
        $"{train.Length:N0} questions to train on, {heldOut.Length:N0} held out, {heldOut.Count(q => q.Answers.Count == 0):N0} of those without an answer");

    public override int Examples => targets.Length;

    public override IEnumerable<string> Warnings =>
        mismatched == 0 ? [] : [$"{Counted.Of(mismatched, "question")} skipped: no answer is at the given place"];

    public override string Unit => LossUnit.NatsPerWindow;

    public override TaskHead HeadFor(TaskHead? stored) => Unlabelled(stored, ModelHead.QuestionAnswering);

    public override void Encode(ModelText text, CancellationToken stopping)
    {
        var options = windows with { MaxLength = Math.Min(text.MaxLength ?? windows.MaxLength, text.Model.Context) };
        targets = [.. train.SelectMany(q => PassageWindows.Of(text.Tokenizer, q.Question, q.Context, options).Select(w => TargetOf(q, w)))];
        stopping.ThrowIfCancellationRequested();
        heldOutWindows = Array.ConvertAll(heldOut, q => PassageWindows.Of(text.Tokenizer, q.Question, q.Context, options).ToArray());
    }

    public override long Tokens(int[] examples) => examples.Sum(i => (long)targets[i].Window.Tokens.Count);

    public override Tensor Loss(ModelText text, int[] examples, RandomKey random)
    {
        var (hidden, batch) = text.Forward([.. examples.Select(i => InputOf(targets[i].Window))], random);
        return Mean(text.Model.Task(hidden, batch), batch, [.. examples.Select(i => targets[i])]);
    }

    public override Measurement Evaluate(ModelText text, CancellationToken stopping)
    {
        var flat = heldOutWindows.SelectMany((windows, q) => windows.Select(w => TargetOf(heldOut[q], w))).ToArray();
        var (starts, ends, loss) = (new List<float[]>(), new List<float[]>(), 0.0);
        Batches(text, [.. flat.Select(t => InputOf(t.Window))], (first, batch, logits) =>
        {
            var (rows, at) = (ModelText.Rows(logits).ToArray(), 0);
            for (var s = 0; s < batch.Sequences; s++)
            {
                var own = rows.AsSpan(at, flat[first + s].Window.Tokens.Count).ToArray();
                starts.Add([.. own.Select(r => r[0])]);
                ends.Add([.. own.Select(r => r[1])]);
                at += own.Length;
            }
            loss += batch.Sequences * Mean(logits, batch, flat.AsSpan(first, batch.Sequences).ToArray()).Item();
        }, stopping);
        var (predictions, next) = (new List<SquadPrediction>(), 0);
        for (var q = 0; q < heldOut.Length; q++)
        {
            var count = heldOutWindows[q].Length;
            var found = SpanSearch.Find(heldOutWindows[q], starts.GetRange(next, count), ends.GetRange(next, count));
            var best = found.Spans.Count == 0 ? "" : heldOut[q].Context[found.Spans[0].Start..found.Spans[0].End];
            predictions.Add(new SquadPrediction(best, [.. heldOut[q].Answers.Select(a => a.Text)], found.NullMargin));
            next += count;
        }
        var unanswerable = heldOut.Any(q => q.Answers.Count == 0);
        var (all, answerable, none) = SquadScore.Of(predictions, unanswerable ? 0 : null);
        List<Score> scores = [new("exact_match", 100 * all.Exact), new("f1", 100 * all.F1)];
        if (unanswerable)
        {
            var tuned = SquadScore.Best(predictions);
            scores.AddRange([new("answerable_f1", 100 * answerable.F1), new("unanswerable_exact", 100 * none.Exact), new("best_f1", 100 * tuned.F1),
                new("best_f1_threshold", tuned.F1Threshold)]);
        }
        return new Measurement(loss / flat.Length) { Unit = Unit, Scores = scores, Criterion = -all.F1 };
    }

    static EncoderInput InputOf(PassageWindow window) => new(window.Tokens, 0);

    static Target TargetOf(PassageQuestion question, PassageWindow window)
    {
        if (question.Answers.Count == 0)
            return new Target(window, 0, 0);
        var (start, end) = PassageWindows.Locate(question.Id, question.Context, question.Answers[0].Start, question.Answers[0].Text);
        return window.Find(start, end) is var (first, last) ? new Target(window, first, last) : new Target(window, 0, 0);
    }

    /// <summary>The mean over windows of (−log p(start) − log p(end)) / 2, where p is over the window's tokens.</summary>
    static Tensor Mean(Tensor logits, Batch batch, Target[] targets)
    {
        var starts = batch.Starts.Values.ToArray();
        var parts = Ops.Split(logits, 0, [.. Enumerable.Range(0, targets.Length).Select(s => starts[s + 1] - starts[s])]);
        Tensor? sum = null;
        for (var s = 0; s < targets.Length; s++)
        {
            var loss = Ops.CrossEntropy(Ops.Transpose(parts[s], 0, 1), logits.Device.From(new[] { targets[s].Start, targets[s].End }));
            sum = sum is null ? loss : Ops.Add(sum, loss);
        }
        return Ops.Scale(sum!, 1f / targets.Length);
    }
}
