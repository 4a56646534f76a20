using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Alignment;
using Nonet.Checkpoints;
using Nonet.Data.Preferences;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Recipes.Alignment;
using Nonet.Recipes.Runs;
using Nonet.Tensors;

namespace Nonet.Recipes.FineTuning;

/// <summary>
/// Learns which answers people prefer: one number for each answer, and the ranking loss over all pairs of a prompt as one example. The rewards are then shifted
/// so that demonstrations have mean 0. Ouyang et al. 2022, section 3.5.
/// </summary>
sealed class RewardTask : FineTuneTask
{
    const int CalibrationBins = 10, MostDemonstrations = 256;

    readonly Ranking[] train, heldOut;
    readonly (Prompt Prompt, string Answer)[] demonstrations;
    readonly InstructionFormat format;
    readonly PromptLayout layout;
    readonly RewardNormalization normalization;
    readonly string[] warnings;
    EncoderInput[][] trainInputs = [], heldOutInputs = [];
    EncoderInput[] demonstrationInputs = [];

    public RewardTask(RankedData data, InstructionFormat format)
    {
        (this.format, layout) = (format, new PromptLayout(format.Tokenizer, format.Template));
        var read = Rankings.Read(data.Train);
        var validation = data.Validation is { } other ? Rankings.Read(other) : null;
        (train, heldOut) = Split(read.Items, validation?.Items, data.HeldOut, data.Seed, r => r.Prompt);
        warnings = [.. read.Warnings, .. validation?.Warnings ?? []];
        normalization = data.Normalize;
        demonstrations = data.Demonstrations is { } file ? [.. Demonstration.Read(file).Take(MostDemonstrations).Select(d => (d.Asked, d.Answer))]
            : [.. train.Take(MostDemonstrations).Select(r => (r.Asked, r.Answers[r.Pairs.CountBy(p => p.Better).MaxBy(wins => wins.Value).Key]))];
    }

    public override string Outline => string.Create(CultureInfo.InvariantCulture,
        $"{train.Length:N0} prompts with {train.Sum(r => r.Pairs.Count):N0} pairs to train on, {heldOut.Length:N0} with "
            + $"{heldOut.Sum(r => r.Pairs.Count):N0} held out");

    public override int Examples => train.Length;

    public override string Unit => LossUnit.NatsPerPair;

    public override IEnumerable<string> Warnings => warnings;

    public override ModelSettings? Settings => format.SettingsIfChat(layout.EndTokens);

    public override string? LayoutNotice => LayoutNotices.Of(layout);

    public override void Identify(JsonObject examples) => DataIdentity.AddTemplate(examples, layout);

    public override TaskHead HeadFor(TaskHead? stored)
    {
        var kept = stored is { Kind: ModelHead.SequenceClassification, Problem: LabelProblem.Regression, Labels.Count: 1 };
        KeepHead(kept);
        return new TaskHead { Kind = ModelHead.SequenceClassification, Labels = kept ? stored!.Labels : ["reward"], Problem = LabelProblem.Regression };
    }

    public override void Encode(ModelText text, CancellationToken stopping)
    {
        var model = ModelOf(text);
        (trainInputs, heldOutInputs) = (Array.ConvertAll(train, Encoded), Array.ConvertAll(heldOut, Encoded));
        demonstrationInputs = Array.ConvertAll(demonstrations, d => model.Encode(d.Prompt, d.Answer));

        EncoderInput[] Encoded(Ranking ranking)
        {
            stopping.ThrowIfCancellationRequested();
            EncoderInput[] inputs = [.. ranking.Answers.Select(answer => model.Encode(ranking.Asked, answer))];
            Cut += inputs.Any(i => i.Cut > 0) ? 1 : 0;
            return inputs;
        }
    }

    public override long Tokens(int[] examples) => examples.Sum(i => trainInputs[i].Sum(input => (long)input.Tokens.Count));

    public override Tensor Loss(ModelText text, int[] examples, RandomKey random)
    {
        var outputs = ModelOf(text).Outputs([.. examples.SelectMany(i => trainInputs[i])], random);
        var (rewards, gradient) = (HostLoss.Read(outputs), new double[outputs.Elements]);
        var (loss, at) = (0.0, 0);
        foreach (var i in examples)
        {
            var own = gradient.AsSpan(at, train[i].Answers.Count);
            loss += RankingLoss.Of(rewards.AsSpan(at, own.Length), train[i].Pairs, own) / examples.Length;
            at += own.Length;
        }
        for (var i = 0; i < gradient.Length; i++)
            gradient[i] /= examples.Length;
        return HostLoss.Of(outputs, loss, gradient);
    }

    public override Measurement Evaluate(ModelText text, CancellationToken stopping)
    {
        var rewards = ModelOf(text).Score([.. heldOutInputs.SelectMany(inputs => inputs)], stopping);
        var (loss, at) = (0.0, 0);
        var margins = new List<double>();
        foreach (var ranking in heldOut)
        {
            var own = rewards.AsSpan(at, ranking.Answers.Count);
            loss += RankingLoss.Of(own, ranking.Pairs, new double[own.Length]) / heldOut.Length;
            foreach (var (better, worse) in ranking.Pairs)
                margins.Add(own[better] - own[worse]);
            at += own.Length;
        }
        var (accuracy, calibration) = (PreferenceAccuracy.Of(margins), Calibration.Of(margins, CalibrationBins));
        return new Measurement(loss)
        {
            Unit = Unit,
            Scores = [new("accuracy", accuracy), new("calibration_error", calibration.Error), new("reward_deviation", Deviation(rewards))],
            Curves = [new("calibration", "Held-out pairs: how often the higher reward is preferred", "probability by the model", "share",
                [.. calibration.Bins.Select(b => (b.Predicted, b.Observed))])],
        };
    }

    /// <summary>Writes the normalisation of the rewards beside the model.</summary>
    public override void Save(ModelText text, string folder, CancellationToken stopping) =>
        (RewardScale.Of(ModelOf(text).Score(demonstrationInputs, CancellationToken.None), normalization) with
        {
            Chat = layout.Template is not null
        }).Write(folder);

    RewardModel ModelOf(ModelText text) => new(text.Model, layout) { MaxLength = text.MaxLength };

    static double Deviation(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
    }
}
