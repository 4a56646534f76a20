"""Checks the log-likelihoods of nonet eval against transformers.
usage: eval_peer.py make DIR ENCODER.JSON VOCAB.BPE     writes a tiny random GPT-2 with its tokenizer
       eval_peer.py check DIR RUN REQUESTS.jsonl.gz     RUN: the folder of an evaluation of one task; REQUESTS: the ready requests that its items come from
Each continuation is encoded together with its context, after <|endoftext|>, and split where the context's own ids end."""
import gzip, json, os, sys
import torch, transformers as t


def make(folder, encoder, merges):
    torch.manual_seed(0)
    model = t.GPT2LMHeadModel(t.GPT2Config(n_embd=64, n_layer=2, n_head=4, n_positions=1024)).eval()
    for p in model.parameters():
        p.data *= 4 if p.ndim == 2 else 1
    model.save_pretrained(folder)
    os.makedirs(folder, exist_ok=True)
    for source, name in ((encoder, 'vocab.json'), (merges, 'merges.txt')):
        with open(source, 'rb') as a, open(os.path.join(folder, name), 'wb') as b:
            b.write(a.read())
    t.GPT2TokenizerFast(os.path.join(folder, 'vocab.json'), os.path.join(folder, 'merges.txt')).save_pretrained(folder)


def check(folder, run, requests):
    model, tok = t.GPT2LMHeadModel.from_pretrained(folder).eval(), t.GPT2TokenizerFast.from_pretrained(folder)
    ready = [json.loads(line) for line in gzip.open(requests, 'rt', encoding='utf-8')]
    by_doc = {}
    for number, r in enumerate(ready, 1):
        by_doc.setdefault(r['doc_id'], []).append((number, r))
    by_line = {rows[0][0]: [r for _, r in rows] for rows in by_doc.values()}
    worst, items, choices, prompts = 0.0, 0, 0, 0
    for line in open(os.path.join(run, 'requests.jsonl'), encoding='utf-8'):
        item = json.loads(line)
        rows = by_line[int(item['place'].rsplit(' ', 1)[1])]
        few_shot = 'query' in rows[0]['doc'] and rows[0]['request']['context'] != rows[0]['doc']['query']
        sums = []
        for row, ours in zip(rows, item['choices']):
            context = row['doc']['query'] if few_shot else row['request']['context']
            continuation = row['request']['continuation']
            prompts += continuation == ours['text']
            before, ids = tok(context)['input_ids'], tok(context + continuation)['input_ids']
            shared = 0
            while shared < len(before) and before[shared] == ids[shared]:
                shared += 1
            ids = [50256] + ids
            with torch.no_grad():
                p = torch.log_softmax(model(torch.tensor([ids[:-1]])).logits[0].double(), -1)
            sums.append((sum(p[i, ids[i + 1]].item() for i in range(shared, len(ids) - 1)), len(ids) - 1 - shared, max(1, len(continuation.lstrip(' ')))))
            worst = max(worst, abs(sums[-1][0] - ours['log_probability']))
        items += 1
        for name, value in (('sum', lambda s: s[0]), ('per_token', lambda s: s[0] / s[1]), ('per_character', lambda s: s[0] / s[2])):
            best = max(range(len(sums)), key=lambda i: value(sums[i]))
            choices += (best == item['right']) == (item['scores']['accuracy_' + name] == 1)
    print(f'{items} items: largest difference {worst:.2e} nat; {choices} of {3 * items} choices the same; {prompts} continuations the same')


if __name__ == '__main__':
    {'make': make, 'check': check}[sys.argv[1]](*sys.argv[2:])
