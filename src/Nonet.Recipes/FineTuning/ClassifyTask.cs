using System.Globalization;
using Nonet.Data.Tasks;
using Nonet.Evaluation.Metrics;
using Nonet.Files;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Recipes.Runs;
using Nonet.Tensors;

namespace Nonet.Recipes.FineTuning;

/// <summary>Predicts a label or a number for a text or a pair of texts. Devlin et al. 2018, section 4.1.</summary>
sealed class ClassifyTask : FineTuneTask
{
    LabelledText[] train, heldOut;
    TaskLabels? labels;
    readonly long empty;
    EncoderInput[] trainInputs = [], heldOutInputs = [];

    public ClassifyTask(LabelledTexts train, LabelledTexts? validation, double share, ulong seed)
    {
        (labels, empty) = (train.Labels, train.Empty + (validation?.Empty ?? 0));
        (this.train, heldOut) = Split(train.Items, validation?.Items, share, seed, item => item.Text + "\t" + item.Second);
    }

    public override string Outline => string.Create(CultureInfo.InvariantCulture,
        $"{train.Length:N0} to train on, {heldOut.Length:N0} held out, "
            + $"{(labels is null ? "labels are numbers" : $"labels {string.Join(", ", labels.Names.Take(20))}")}");

    public override int Examples => train.Length;

    public override IEnumerable<string> Warnings =>
        empty == 0 ? [] : [$"{Counted.Of(empty, "example")} with an empty text"];

    public override string Unit => labels is null ? LossUnit.SquaredError : LossUnit.NatsPerExample;

    public override TaskHead HeadFor(TaskHead? stored)
    {
        const ModelHead head = ModelHead.SequenceClassification;
        if (labels is null)
        {
            var kept = stored is { Kind: head, Problem: LabelProblem.Regression, Labels.Count: 1 };
            KeepHead(kept);
            return new TaskHead { Kind = head, Labels = kept ? stored!.Labels : ["number"], Problem = LabelProblem.Regression };
        }
        labels = InOrderOf(stored, head, labels);
        (train, heldOut) = (Array.ConvertAll(train, Numbered), Array.ConvertAll(heldOut, Numbered));
        return new TaskHead { Kind = head, Labels = labels.Names };

        LabelledText Numbered(LabelledText item) => item with { Class = labels.NumberOf(item.Label)!.Value };
    }

    public override void Encode(ModelText text, CancellationToken stopping)
    {
        (trainInputs, heldOutInputs) = (Array.ConvertAll(train, Encoded), Array.ConvertAll(heldOut, Encoded));

        EncoderInput Encoded(LabelledText item)
        {
            stopping.ThrowIfCancellationRequested();
            var input = text.Encode(item.Text, item.Second);
            Cut += input.Cut > 0 ? 1 : 0;
            return input;
        }
    }

    public override long Tokens(int[] examples) => examples.Sum(i => (long)trainInputs[i].Tokens.Count);

    public override Tensor Loss(ModelText text, int[] examples, RandomKey random)
    {
        var (hidden, batch) = text.Forward([.. examples.Select(i => trainInputs[i])], random);
        var logits = text.Model.Task(hidden, batch);
        return labels is null ? SquaredError(logits, [.. examples.Select(i => (float)train[i].Value)])
            : Ops.CrossEntropy(logits, logits.Device.From(examples.Select(i => train[i].Class).ToArray()));
    }

    public override Measurement Evaluate(ModelText text, CancellationToken stopping)
    {
        var (loss, outputs) = (0.0, new List<double[]>());
        Batches(text, heldOutInputs, (first, batch, logits) =>
        {
            var items = heldOut.AsSpan(first, batch.Sequences).ToArray();
            outputs.AddRange(ModelText.Rows(logits).Select(row => Array.ConvertAll(row, x => (double)x)));
            loss += batch.Sequences * (labels is null ? SquaredError(logits, [.. items.Select(i => (float)i.Value)])
                : Ops.CrossEntropy(logits, logits.Device.From(items.Select(i => i.Class).ToArray()))).Item();
        }, stopping);
        loss /= heldOut.Length;
        if (labels is null)
        {
            double[] predicted = [.. outputs.Select(o => o[0])], gold = [.. heldOut.Select(i => i.Value)];
            var (pearson, spearman) = (Correlation.Pearson(predicted, gold), Correlation.Spearman(predicted, gold));
            return new Measurement(loss)
            {
                Unit = Unit,
                Scores = [new("pearson", pearson ?? double.NaN), new("spearman", spearman ?? double.NaN),
                    new("mean_squared_error", Correlation.MeanSquaredError(predicted, gold))],
                Criterion = -(pearson ?? -1),
            };
        }
        var matrix = new ConfusionMatrix([.. outputs.Select(o => ChoiceAccuracy.Best(o))], [.. heldOut.Select(i => i.Class)], labels.Count);
        return new Measurement(loss)
        {
            Unit = Unit,
            Scores = [new("accuracy", matrix.Accuracy), labels.Count == 2 ? new("f1", matrix.F1(1)) : new("macro_f1", matrix.MacroF1),
                new("matthews", matrix.Matthews)],
            Criterion = -matrix.Accuracy,
        };
    }

    /// <summary>The mean of (y − t)².</summary>
    static Tensor SquaredError(Tensor y, float[] targets)
    {
        var difference = Ops.Add(y, y.Device.From(y.Shape, Array.ConvertAll(targets, t => -t)));
        return Ops.Mean(Ops.Mul(difference, difference));
    }
}
