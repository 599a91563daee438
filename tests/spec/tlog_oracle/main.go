// Command tlog_oracle answers, with Go's own transparency-log library, whether proofs and signed notes hold.
//
// It reads one JSON case per line on standard input and writes "accept" or "refuse" for each, in order.
// It decides nothing itself: every verdict is the library's.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type testCase struct {
	Kind    string   `json:"kind"` // root, inclusion, consistency, note or checkpoint
	Leaves  []string `json:"leaves"`
	Leaf    string   `json:"leaf"`
	Index   int64    `json:"index"`
	Old     int64    `json:"old"`
	Size    int64    `json:"size"`
	OldRoot string   `json:"old_root"`
	Root    string   `json:"root"`
	Proof   []string `json:"proof"`
	Note    string   `json:"note"`
	Key     string   `json:"key"`
	Text    string   `json:"text"`
}

func hash(text string) (tlog.Hash, error) {
	var h tlog.Hash
	raw, err := hex.DecodeString(text)
	if err == nil && len(raw) != len(h) {
		err = fmt.Errorf("a hash of %d bytes", len(raw))
	}
	copy(h[:], raw)
	return h, err
}

func hashes(texts []string) ([]tlog.Hash, error) {
	found := []tlog.Hash{}
	for _, text := range texts {
		h, err := hash(text)
		if err != nil {
			return nil, err
		}
		found = append(found, h)
	}
	return found, nil
}

// checkRoot builds the whole tree with the library, from the leaves themselves.
func checkRoot(c testCase) error {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	for number, leaf := range c.Leaves {
		raw, err := hex.DecodeString(leaf)
		if err != nil {
			return err
		}
		more, err := tlog.StoredHashes(int64(number), raw, reader)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(int64(len(c.Leaves)), reader)
	if err == nil && hex.EncodeToString(root[:]) != c.Root {
		err = fmt.Errorf("another root")
	}
	return err
}

func checkProof(c testCase) error {
	root, err := hash(c.Root)
	if err != nil {
		return err
	}
	proof, err := hashes(c.Proof)
	if err != nil {
		return err
	}
	if c.Kind == "consistency" {
		oldRoot, err := hash(c.OldRoot)
		if err != nil {
			return err
		}
		return tlog.CheckTree(proof, c.Size, root, c.Old, oldRoot)
	}
	leaf, err := hex.DecodeString(c.Leaf)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, c.Size, root, c.Index, tlog.RecordHash(leaf))
}

func checkNote(c testCase) error {
	verifier, err := note.NewVerifier(c.Key)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(c.Note), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	if c.Kind == "note" {
		if opened.Text != c.Text {
			return fmt.Errorf("another text")
		}
		return nil
	}
	tree, err := tlog.ParseTree([]byte(opened.Text))
	if err == nil && (tree.N != c.Size || hex.EncodeToString(tree.Hash[:]) != c.Root) {
		err = fmt.Errorf("another tree")
	}
	return err
}

func check(c testCase) error {
	switch c.Kind {
	case "root":
		return checkRoot(c)
	case "inclusion", "consistency":
		return checkProof(c)
	case "note", "checkpoint":
		return checkNote(c)
	}
	panic("unknown kind " + c.Kind)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var c testCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			panic(err)
		}
		if check(c) == nil {
			fmt.Println("accept")
		} else {
			fmt.Println("refuse")
		}
	}
	if err := lines.Err(); err != nil {
		panic(err)
	}
}
