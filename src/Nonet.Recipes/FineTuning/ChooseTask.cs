using System.Globalization;
using Nonet.Data.Tasks;
using Nonet.Evaluation.Metrics;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Recipes.Runs;
using Nonet.Tensors;

namespace Nonet.Recipes.FineTuning;

/// <summary>Selects the choice that continues a prompt: one number for each choice, and softmax over them. Devlin et al. 2018, section 4.4.</summary>
sealed class ChooseTask : FineTuneTask
{
    readonly ChoiceQuestion[] train, heldOut;
    EncoderInput[][] trainInputs = [], heldOutInputs = [];

    public ChooseTask(IReadOnlyList<ChoiceQuestion> train, IReadOnlyList<ChoiceQuestion>? validation, double share, ulong seed) =>
        (this.train, heldOut) = Split(train, validation, share, seed, q => q.Prompt + "\t" + string.Join('\t', q.Texts));

    public override string Outline => string.Create(CultureInfo.InvariantCulture, $"{train.Length:N0} questions to train on, {heldOut.Length:N0} held out");

    public override int Examples => train.Length;

    public override TaskHead HeadFor(TaskHead? stored) => Unlabelled(stored, ModelHead.MultipleChoice);

    public override void Encode(ModelText text, CancellationToken stopping)
    {
        (trainInputs, heldOutInputs) = (Array.ConvertAll(train, Encoded), Array.ConvertAll(heldOut, Encoded));

        EncoderInput[] Encoded(ChoiceQuestion question)
        {
            stopping.ThrowIfCancellationRequested();
            EncoderInput[] inputs = [.. question.Texts.Select(choice => text.Encode(question.Prompt, choice))];
            Cut += inputs.Any(i => i.Cut > 0) ? 1 : 0;
            return inputs;
        }
    }

    public override long Tokens(int[] examples) => examples.Sum(i => trainInputs[i].Sum(input => (long)input.Tokens.Count));

    public override Tensor Loss(ModelText text, int[] examples, RandomKey random)
    {
        var (hidden, batch) = text.Forward([.. examples.SelectMany(i => trainInputs[i])], random);
        return Mean(text.Model.Task(hidden, batch), [.. examples.Select(i => train[i])]);
    }

    public override Measurement Evaluate(ModelText text, CancellationToken stopping)
    {
        var (loss, scores) = (0.0, new List<double[]>());
        for (var q = 0; q < heldOut.Length; q++)
        {
            stopping.ThrowIfCancellationRequested();
            using var scope = new TensorScope();
            var (hidden, batch) = text.Forward(heldOutInputs[q]);
            var logits = text.Model.Task(hidden, batch);
            scores.Add([.. ModelText.Rows(logits).Select(row => (double)row[0])]);
            loss += Mean(logits, [heldOut[q]]).Item();
        }
        var accuracy = ChoiceAccuracy.Of(scores, [.. heldOut.Select(q => q.Right)]);
        return new Measurement(loss / heldOut.Length) { Unit = Unit, Scores = [new("accuracy", accuracy)], Criterion = -accuracy };
    }

    /// <summary>The mean over questions of −log p of the right choice.</summary>
    /// <param name="logits">(C, 1): the choices of all questions, concatenated.</param>
    /// <param name="questions">The questions.</param>
    static Tensor Mean(Tensor logits, ChoiceQuestion[] questions)
    {
        var parts = Ops.Split(logits, 0, [.. questions.Select(q => q.Texts.Count)]);
        Tensor? sum = null;
        for (var q = 0; q < questions.Length; q++)
        {
            var loss = Ops.CrossEntropy(Ops.Reshape(parts[q], new Shape(1, questions[q].Texts.Count)), logits.Device.From(new[] { questions[q].Right }));
            sum = sum is null ? loss : Ops.Add(sum, loss);
        }
        return Ops.Scale(sum!, 1f / questions.Length);
    }
}
