using System.Globalization;
using Nonet.Data.Tasks;
using Nonet.Evaluation.Metrics;
using Nonet.Inference.Encoders;
using Nonet.Models;
using Nonet.Recipes.Runs;
using Nonet.Tensors;

namespace Nonet.Recipes.FineTuning;

/// <summary>Predicts a tag for each word at its first token. Devlin et al. 2018, section 5.3.</summary>
sealed class TagTask : FineTuneTask
{
    /// <param name="Input">Tokens, including special tokens.</param>
    /// <param name="Targets">For each token, the class of its word if it is the word's first token; otherwise −1.</param>
    /// <param name="Rows">For each word, its first token; −1 if it was truncated or has no token.</param>
    sealed record Tagged(EncoderInput Input, int[] Targets, int[] Rows);

    TaggedSentence[] train, heldOut;
    TaskLabels labels;
    Tagged[] trainInputs = [], heldOutInputs = [];

    public TagTask(TaggedSentences train, TaggedSentences? validation, double share, ulong seed)
    {
        labels = train.Labels;
        (this.train, heldOut) = Split(train.Items, validation?.Items, share, seed, item => string.Join(' ', item.Words));
    }

    public override string Outline =>
        string.Create(CultureInfo.InvariantCulture,
        $"{train.Length:N0} sentences to train on, {heldOut.Length:N0} held out, tags {string.Join(", ", labels.Names.Take(20))}");

    public override int Examples => train.Length;

    public override string Unit => LossUnit.NatsPerWord;

    public override TaskHead HeadFor(TaskHead? stored)
    {
        labels = InOrderOf(stored, ModelHead.TokenClassification, labels);
        (train, heldOut) = (Array.ConvertAll(train, Numbered), Array.ConvertAll(heldOut, Numbered));
        return new TaskHead { Kind = ModelHead.TokenClassification, Labels = labels.Names };

        TaggedSentence Numbered(TaggedSentence sentence) => sentence with { Classes = [.. sentence.Tags.Select(tag => labels.NumberOf(tag)!.Value)] };
    }

    public override void Encode(ModelText text, CancellationToken stopping)
    {
        (trainInputs, heldOutInputs) = (Array.ConvertAll(train, Encoded), Array.ConvertAll(heldOut, Encoded));

        Tagged Encoded(TaggedSentence sentence)
        {
            stopping.ThrowIfCancellationRequested();
            var aligned = AlignedWords.Of(text.Tokenizer, sentence.Words, sentence.Classes);
            var input = text.Encode(string.Join(' ', sentence.Words));
            Cut += input.Cut > 0 ? 1 : 0;
            var begin = input.Tokens.TakeWhile(t => t.Special).Count();
            var kept = input.Tokens.Count(t => !t.Special);
            var targets = new int[input.Tokens.Count];
            Array.Fill(targets, -1);
            aligned.Labels.AsSpan(0, kept).CopyTo(targets.AsSpan(begin));
            return new Tagged(input, targets, Array.ConvertAll(aligned.Rows, row => row >= 0 && row < kept ? begin + row : -1));
        }
    }

    public override long LossTerms(int[] examples) => examples.Sum(i => (long)trainInputs[i].Targets.Count(t => t >= 0));

    public override long Tokens(int[] examples) => examples.Sum(i => (long)trainInputs[i].Input.Tokens.Count);

    public override Tensor Loss(ModelText text, int[] examples, RandomKey random)
    {
        var (hidden, batch) = text.Forward([.. examples.Select(i => trainInputs[i].Input)], random);
        return Ops.CrossEntropy(text.Model.Task(hidden, batch), hidden.Device.From(examples.SelectMany(i => trainInputs[i].Targets).ToArray()));
    }

    public override Measurement Evaluate(ModelText text, CancellationToken stopping)
    {
        var (loss, words, right, predicted) = (0.0, 0, 0, new List<IReadOnlyList<string>>());
        var outside = labels.NumberOf("O") ?? 0;
        Batches(text, [.. heldOutInputs.Select(t => t.Input)], (first, batch, logits) =>
        {
            var rows = ModelText.Rows(logits).Select(row => ChoiceAccuracy.Best(Array.ConvertAll(row, x => (double)x))).ToArray();
            var (inputs, at) = (heldOutInputs.AsSpan(first, batch.Sequences).ToArray(), 0);
            for (var s = 0; s < inputs.Length; s++)
            {
                // a truncated word counts as outside of entities
                predicted.Add([.. inputs[s].Rows.Select(row => row < 0 ? labels.Names[outside] : labels.Names[rows[at + row]])]);
                right += predicted[^1].Zip(heldOut[first + s].Tags).Count(p => p.First == p.Second);
                words += inputs[s].Rows.Length;
                at += inputs[s].Input.Tokens.Count;
            }
            var targets = inputs.SelectMany(i => i.Targets).ToArray();
            loss += targets.Count(t => t >= 0) * Ops.CrossEntropy(logits, logits.Device.From(targets)).Item();
        }, stopping);
        var accuracy = (double)right / words;
        var nats = loss / Math.Max(1, heldOutInputs.Sum(i => i.Targets.Count(t => t >= 0)));
        if (labels.Names.All(name => name == "O") || labels.Names.Any(name => EntitySpans.Parse(name) is null)) // for example, part-of-speech tags
            return new Measurement(nats) { Unit = Unit, Scores = [new("accuracy", accuracy)], Criterion = -accuracy };
        var entities = EntityF1.Of(predicted, [.. heldOut.Select(s => s.Tags)]).All;
        return new Measurement(nats)
        {
            Unit = Unit,
            Scores = [new("entity_f1", entities.F1), new("precision", entities.Precision), new("recall", entities.Recall), new("accuracy", accuracy)],
            Criterion = -entities.F1,
        };
    }
}
