using System.Globalization;
using System.Text.Json.Nodes;
using Nonet.Data.Masked;
using Nonet.Models.Encoders;
using Nonet.Models.Losses;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Autograd;
using Nonet.Training;

namespace Nonet.Recipes.Masked;

/// <summary>
/// Pre-trains a BERT on masked tokens and, if sequences are pairs, on whether the second text follows the first. Devlin et al. 2018,
/// section 3.1 and appendix A.2. Without pairs and with new masks in every epoch, this is RoBERTa's training: Liu et al. 2019. The bits of
/// the result depend only on the options and the text.
/// </summary>
public static class PretrainMasked
{
    /// <summary>Number of sequences whose statistics are reported.</summary>
    const int Sampled = 2000;

    /// <summary>Trains a model.</summary>
    /// <param name="options">Settings that determine the result.</param>
    /// <param name="data">Sentences for training and held-out sentences.</param>
    /// <param name="device">Device that trains the model.</param>
    /// <param name="where">Run folder, threads, reports.</param>
    /// <param name="start">Initial weights; null: random.</param>
    /// <param name="progress">Receives every reported step, evaluation and checkpoint, on this thread.</param>
    /// <param name="stopping">Cancelling drops the current update, saves a checkpoint of the last one and returns.</param>
    public static TrainingResult Run(
        MaskedTrainingOptions options, MaskedData data, Device device, RunOptions where, IWeightSource? start = null, IProgress<RunEvent>? progress = null,
        CancellationToken stopping = default)
    {
        options.Check();
        using var parameters = new ParameterStore(device);
        var model = (Bert)options.Model.Create(parameters.Root);
        model.Checkpointing = options.GradientCheckpointing;
        var parts = options.Sequences.Masking.WholeWords ? MaskedMarks.WordParts(data.Tokenizer) : null;
        var batches = new MaskedBatchSource(data.Train, options.Sequences, data.Marks, options.Batch, options.Seed, parts);
        var heldOut = new MaskedBatchSource(data.HeldOut, options.Sequences, data.Marks, options.Batch, seed: 0, parts); // the same masks for every seed
        using var run = new TrainingRun(options, parameters, data.Tokenizer, where, progress, Identity(data), start);
        if (run.Step == 0)
            Describe();

        try
        {
            run.Begin($"{options.Batch * options.Accumulate} sequences of at most {options.SequenceLength} tokens");
            for (var step = run.Step; ; step = run.Step) // number of updates so far
            {
                if (run.NeedsEvaluation && !run.Record(Evaluate()))
                    continue; // the run diverged and rolled back to its last checkpoint
                if (run.NeedsCheckpoint)
                    run.Save();
                if (step == options.Steps)
                    break;

                run.BeginUpdate();
                var (loss, micro) = (0.0, Read(step + 1));
                var (tokens, sequences) = (micro.Sum(m => (long)m.MaskedRows.Length), micro.Sum(m => m.Sequences));
                for (var part = 0; part < micro.Length; part++)
                {
                    stopping.ThrowIfCancellationRequested();
                    using var scope = new TensorScope(); // buffers of this micro-batch
                    using var tape = new Tape();
                    var losses = model.Losses(micro[part], run.KeyOf(part), options.NextToken);
                    loss += MicroBatch.Backward(tape, Sum(losses, (float)micro[part].MaskedRows.Length / tokens, (float)micro[part].Sequences / sequences),
                        share: 1);
                }
                run.Update(loss, micro.Length, micro.Sum(m => (long)m.Ids.Length));
            }
            run.Finish();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            run.Interrupt();
        }
        catch (Exception e)
        {
            run.Fail(e);
            throw;
        }
        return run.Result();

        MaskedBatch[] Read(int update)
        {
            using var timing = run.TimeReading();
            var length = options.LengthAt(update);
            return [.. Enumerable.Range(0, options.MicroBatches(update)).Select(part => batches.Read(run.BatchOf(part), length))];
        }

        static Tensor Sum((Tensor Masked, Tensor? Next, Tensor?) losses, float maskedShare, float nextShare)
        {
            var masked = Ops.Scale(losses.Masked, maskedShare);
            return losses.Next is { } next ? Ops.Add(masked, Ops.Scale(next, nextShare)) : masked;
        }

        Measurement Evaluate()
        {
            using var average = run.WithAverage();
            var (nats, tokens, next, right, sequences) = (0.0, 0L, 0.0, 0, 0);
            foreach (var m in heldOut.Once(options.SequenceLength))
            {
                stopping.ThrowIfCancellationRequested();
                using var scope = new TensorScope();
                var losses = model.Losses(m, nextToken: options.NextToken);
                nats += losses.Masked.Item() * m.MaskedRows.Length;
                tokens += m.MaskedRows.Length;
                if (losses.Next is null)
                    continue;
                next += losses.Next.Item() * m.Sequences;
                var logits = losses.NextLogits!.ToDoubles();
                for (var s = 0; s < m.Sequences; s++)
                    right += logits[2 * s + 1] > logits[2 * s] == (m.NextLabels![s] == 1) ? 1 : 0;
                sequences += m.Sequences;
            }
            return new Measurement(nats / tokens)
            {
                Scores = sequences == 0 ? [] : [new("next_sentence_accuracy", (double)right / sequences), new("next_sentence_nats", next / sequences)]
            };
        }

        void Describe()
        {
            foreach (var line in MaskingStatistics.Of(batches, options.LengthAt(1), Sampled).Lines())
                run.Notify("sequences", line);
            run.Notify("unigram", string.Create(CultureInfo.InvariantCulture,
                $"{Unigram(data, heldOut.Once(options.SequenceLength)):0.0000} nats per predicted held-out token by token frequency alone: the lowest loss "
                    + $"without context"));
        }
    }

    /// <summary>Mean of −log of the frequency of each predicted token in the training text, with one added to each count.</summary>
    internal static double Unigram(MaskedData data, IEnumerable<MaskedBatch> batches)
    {
        var counts = new long[data.Tokenizer.Vocab];
        var piece = new int[4096];
        for (var at = 0L; at < data.Train.Count; at += piece.Length)
        {
            var part = piece.AsSpan(0, (int)Math.Min(piece.Length, data.Train.Count - at));
            data.Train.Read(at, part);
            foreach (var id in part)
                counts[id]++;
        }
        var (total, nats, tokens) = (data.Train.Count + counts.Length, 0.0, 0L);
        foreach (var target in batches.SelectMany(b => b.MaskedTargets))
        {
            nats -= Math.Log((counts[target] + 1.0) / total);
            tokens++;
        }
        return nats / tokens;
    }

    /// <summary>Identity of the text, which checkpoints store.</summary>
    static JsonObject Identity(MaskedData data) => new()
    {
        ["text"] = new JsonObject
        {
            ["train_tokens"] = data.Train.Count,
            ["train_sentences"] = data.Train.Sentences,
            ["held_out_tokens"] = data.HeldOut.Count,
            ["tokenizer"] = data.Tokenizer.Fingerprint.ToString("x16", CultureInfo.InvariantCulture),
        },
    };
}
